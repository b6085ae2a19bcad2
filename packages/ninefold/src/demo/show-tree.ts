import type { Mount } from "@ninefold/client";

/** Folders that are listed into; a share may be large. */
const DEPTH = 3;
const ENTRIES = 20;

/** The tree below a path as indented lines, cut where it is deep or long. */
export async function* showTree(mount: Mount, path = "", depth = 0): AsyncGenerator<string, void> {
  const items = (await mount.readdir(path)).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, type } of items.slice(0, ENTRIES)) {
    const below = path === "" ? name : `${path}/${name}`;
    const indent = "  ".repeat(depth + 1);
    if (type === "directory") {
      yield `${indent}${name}/`;
      if (depth + 1 < DEPTH) yield* showTree(mount, below, depth + 1);
    } else if (type === "symlink") {
      yield `${indent}${name} -> ${await mount.readlink(below)}`;
    } else {
      yield `${indent}${name}  ${(await mount.stat(below)).size} bytes`;
    }
  }
  if (items.length > ENTRIES) yield `${"  ".repeat(depth + 1)}… and ${items.length - ENTRIES} more`;
}
