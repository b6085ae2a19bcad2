import type { FsFile, FsNode, FsTree } from "@ninefold/core/contracts";

/** `value` with some members of its own; `undefined` takes a member away. */
export function override<Value extends object>(
  value: Value,
  members: { [Name in keyof Value]?: unknown },
): Value {
  return new Proxy(value, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** `tree` with members of its own on every node, or on every file that `open` gives. */
export function overrideNodes(
  tree: FsTree,
  members: (node: FsNode) => { [Name in keyof FsNode]?: unknown },
): FsTree {
  const made = (node: FsNode): FsNode =>
    override(node, {
      tryLookup: undefined,
      lookup: async (name: string) => made(await node.lookup(name)),
      ...members(node),
    });
  return override(tree, {
    attach: async (...values: Parameters<FsTree["attach"]>) => made(await tree.attach(...values)),
  });
}

export function overrideFiles(
  tree: FsTree,
  members: (file: FsFile) => { [Name in keyof FsFile]?: unknown },
): FsTree {
  return overrideNodes(tree, (node) => ({
    tryOpen: undefined,
    open: async (flags: number) => {
      const file = await node.open(flags);
      return override(file, members(file));
    },
  }));
}
