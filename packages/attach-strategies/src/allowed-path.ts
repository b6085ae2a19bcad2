import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";

export type PathVerdict =
  | { readonly isAllowed: true /** Without links and dots. */; readonly path: string; readonly root: string }
  | { readonly isAllowed: false; readonly problem: string };

/**
 * Whether a folder is one of `allow`, or below one. A pattern is an absolute path in which `*` stands for any characters of
 * one name: `/srv/vm/*` is all folders in /srv/vm and all below these, but not /srv/vm itself. What counts is where a
 * path really leads: dots and links are resolved first, in the path and in the fixed part of the pattern.
 */
export async function checkPath(path: string, allow: readonly string[]): Promise<PathVerdict> {
  if (allow.length === 0)
    return { isAllowed: false, problem: "no folder is allowed: set allow, such as allow: [/srv/vm/*]" };
  const allowed = `allowed: ${allow.join(", ")}`;
  if (!isAbsolute(path) || path.includes("\0"))
    return { isAllowed: false, problem: `it is not an absolute path; ${allowed}` };
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    // Where the folder is missing, whether it would be allowed cannot be known, and nobody is told what exists.
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { isAllowed: false, problem: `it cannot be looked at (${code}); ${allowed}` };
  }
  for (const root of allow) {
    if (await isBelow(real, root)) return { isAllowed: true, path: real, root };
  }
  const leads = real === path ? "" : ` leads to "${real}", which`;
  return { isAllowed: false, problem: `it${leads} is outside of the folders that are allowed; ${allowed}` };
}

async function isBelow(real: string, pattern: string): Promise<boolean> {
  const names = pattern.split("/").filter((name) => name !== "");
  const firstOpen = names.findIndex((name) => name.includes("*"));
  const fixed = firstOpen < 0 ? names : names.slice(0, firstOpen);
  const open = firstOpen < 0 ? [] : names.slice(firstOpen);
  const base = await realpath(`/${fixed.join("/")}`).catch(() => undefined);
  if (base === undefined) return false;
  const wanted = [...base.split("/").filter((name) => name !== ""), ...open];
  const given = real.split("/").filter((name) => name !== "");
  return (
    given.length >= wanted.length &&
    wanted.every((name, index) => fits(given[index] ?? "", name, index, base))
  );
}

/** Stars count only behind the fixed part: a folder of the host may have one in its name. */
function fits(given: string, wanted: string, index: number, base: string): boolean {
  const fixedNames = base === "/" ? 0 : base.split("/").length - 1;
  if (index < fixedNames || !wanted.includes("*")) return given === wanted;
  const quoted = wanted.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${quoted.join(".*")}$`, "s").test(given);
}
