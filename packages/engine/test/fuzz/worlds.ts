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
import { idmap, quota, throttle } from "@ninefold/fs-layers";
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

/** The local world in layers. At the end, when nobody holds anything, the quota has counted what a new count finds. */
export async function layeredWorld(): Promise<World> {
  const { tree: local, check, close } = await localWorld();
  const environment = { fsdev: "fs0", log: quiet, baseDirectory: "/" };
  const limits = { "max-space": 2 ** 21, "max-files": 200, "max-open-files": 50 };
  const rest = { "auto-delete": false, errno: "EDQUOT", rescan: 0 } as const;
  const slow = await throttle.wrap(local, { "iops-total": 1e9, "bps-total": 1e12 }, environment);
  const limited = await quota.wrap(slow, { ...limits, ...rest }, environment);
  const ranges = [{ guest: 0, host: 0, count: 0xffff_ffff }];
  const others = { others: "squash", "squash-uid": 0, "squash-gid": 0 } as const;
  const ids = { uid: ranges, gid: ranges, ...others, "unknown-uid": 0, "unknown-gid": 0 };
  return {
    name: "layered",
    tree: await idmap.wrap(limited, ids, environment),
    held: () => 0,
    check,
    async close() {
      const again = await quota.wrap(slow, { ...limits, ...rest }, environment);
      const [counted, found] = [await leftIn(limited), await leftIn(again)];
      await close();
      if (counted !== found)
        throw new Error(`a quota has counted that ${counted} are left, and ${found} are`);
    },
  };
}

async function leftIn(tree: FsTree): Promise<string> {
  const root = await tree.attach("", { name: "", uid: -1 });
  const { filesFree, blocksFree } = await tree.statfs(root);
  root.release();
  return `${filesFree} files and ${blocksFree} blocks`;
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
