import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRNO } from "@ninefold/core";
import { firstSentence, GENERATED, type Page, table } from "./page.ts";
import { packageManifests, ROOT } from "./sources.ts";

/** All codes, who raises them, and what docs/ERRORS.md says of them first; then the errnos that guests see. */
export function errorPage(): Page {
  const meanings = firstSentences(readFileSync(join(ROOT, "docs/ERRORS.md"), "utf8"));
  const raisedBy = codesByPackage();
  const codes = [...raisedBy].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = codes.map(([code, packages]) => {
    const meaning = meanings.get(code);
    if (meaning === undefined) throw new Error(`docs/ERRORS.md does not describe ${code}`);
    return [`[\`${code}\`](../ERRORS.md#${code.toLowerCase()})`, meaning, packages.join(", ")];
  });
  const errnos = Object.entries(ERRNO).sort(([, a], [, b]) => a - b);
  const parts = [
    GENERATED,
    "# Error codes",
    "Codes of errors that operators and programs see. [ERRORS.md](../ERRORS.md) says of each how it comes and how to mend it.",
    table(["code", "meaning", "raised by"], rows),
    "## What guests see",
    "An `FsError` reaches a guest as one of these errnos, in Linux's numbers on every host. Anything else that a driver throws is\nlogged and reaches it as `EIO`.",
    table(
      ["code", "errno"],
      errnos.map(([code, number]) => [`\`${code}\``, String(number)]),
    ),
  ];
  return { path: "errors.md", text: `${parts.join("\n\n")}\n` };
}

/** The sentence that stands first below each code's heading. */
function firstSentences(page: string): Map<string, string> {
  const found = page.matchAll(/^### `(ERR_\w+)`\n\n([\s\S]*?)(?=\n\n|\n*$)/gm);
  return new Map([...found].map(([, code = "", text = ""]) => [code, firstSentence(text)]));
}

/** The packages that raise each code. The contracts only name codes, and raise none. */
function codesByPackage(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [folder, { name }] of packageManifests()) {
    for (const code of codesBelow(join(folder, "src"))) found.set(code, [...(found.get(code) ?? []), name]);
  }
  return found;
}

function codesBelow(folder: string): string[] {
  const texts = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.endsWith("/contracts"),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  return [
    ...new Set(
      texts.flatMap((text) => [...text.matchAll(/"(ERR_[A-Z0-9_]+)"/g)].map(([, code = ""]) => code)),
    ),
  ];
}
