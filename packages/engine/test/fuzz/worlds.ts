import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { memoryTree } from "@ninefold/fs-memory";
import { quiet } from "../support/guest.ts";
import { Gate, heldTree } from "../support/held-tree.ts";

/** A tree to be abused, and what must stay as it is. */
export interface World {
  readonly name: string;
  readonly tree: FsTree;
  /** How many nodes and files are in somebody's hands; always the same where nobody counts. */
  held(): number;
  /** Throws when something outside the tree is not as it was. */
  check(): void;
  close(): Promise<void>;
}

export async function memoryWorld(): Promise<World> {
  const files = { file: "text", "dir/a": "more", "dir/b/c": "deep", big: BIG, ...many("many/") };
  const tree = await memoryTree({ files, size: 1 << 23 });
  return { name: "memory", tree, held: () => 0, check() {}, close: () => tree.close() };
}

/** The same, whose every call is answered later, and which counts what it hands out. */
export async function countedWorld(): Promise<World> {
  const gate = new Gate();
  const { tree, close } = await memoryWorld();
  const counted = heldTree(tree, gate);
  return { name: "counted", tree: counted, held: () => gate.references, check() {}, close };
}

/** A folder with a folder beside it that nothing may reach, and links from the one to the other. */
export async function localWorld(): Promise<World> {
  const base = mkdtempSync(join(tmpdir(), "ninefold-fuzz-"));
  const share = join(base, "share");
  const outside = join(base, "outside");
  mkdirSync(join(share, "dir", "b"), { recursive: true });
  mkdirSync(join(outside, "dir"), { recursive: true });
  mkdirSync(join(share, "many"));
  for (const name of Object.keys(many("many/"))) writeFileSync(join(share, name), "");
  writeFileSync(join(share, "big"), BIG);
  writeFileSync(join(share, "file"), "text");
  writeFileSync(join(share, "dir", "a"), "more");
  for (const name of ["secret", "a", "file"]) writeFileSync(join(outside, name), "secret");
  symlinkSync("../outside", join(share, "out"));
  symlinkSync(outside, join(share, "abs"));
  symlinkSync("../outside/secret", join(share, "link"));
  const before = stateOf(base);
  const environment = { fsdev: "fs0", log: quiet, baseDirectory: base };
  const options = { path: share, security_model: "none", readonly: false, multidevs: "remap" } as const;
  const tree = await localFs.open({ ...options, descriptors: 64 }, environment);
  return {
    name: "local",
    tree,
    held: () => 0,
    check() {
      const after = stateOf(base);
      if (after !== before) throw new Error(`outside the share was ${before} and is ${after}`);
    },
    async close() {
      await tree.close();
      // By handles, for what guests made may have paths that are too long.
      execFileSync("chmod", ["-R", "u+rwx", base], { stdio: "ignore" });
      execFileSync("rm", ["-rf", base]);
    },
  };
}

/** More than a reply often has room for: a file, and the names in a directory. */
const BIG = "big".repeat(4000);
function many(prefix: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${prefix}entry-${i}`, ""]));
}

/** What is beside the share, and how the folder of both looks. */
function stateOf(base: string): string {
  const outside = join(base, "outside");
  const all = [
    base,
    outside,
    ...readdirSync(outside, { recursive: true }).map((name) => join(outside, String(name))),
  ];
  const state = all.sort().map((path) => {
    const { mode, size, mtimeMs, ctimeMs, nlink, uid, gid } = lstatSync(path);
    const text = path.endsWith("secret") ? readFileSync(path, "utf8") : "";
    return [path, mode, size, mtimeMs, ctimeMs, nlink, uid, gid, text];
  });
  return JSON.stringify([readdirSync(base), ...state]);
}
