import type { Permission } from "./permissions.ts";

/** A node that never changes: who changes a tree makes new nodes on the way to the root, and shares the others. */
export interface TreeNode {
  readonly value: string;
  readonly permissions: readonly Permission[];
  readonly children: ReadonlyMap<string, TreeNode>;
  /** Grows with each change of the value, the permissions, or the list of children. */
  readonly generation: number;
}

/** Everything below the node at `names`, or undefined. */
export function findNode(root: TreeNode, names: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const name of names) node = node?.children.get(name);
  return node;
}

/**
 * The tree in which `change` has replaced the node at `names`; its answer undefined removes it. Nodes above that are
 * not there are made, with their parent's permissions; `change` is then called with such a new, empty node.
 */
export function replaceNode(
  node: TreeNode,
  names: readonly string[],
  generation: number,
  change: (node: TreeNode) => TreeNode | undefined,
): TreeNode {
  const [name, ...rest] = names;
  if (name === undefined) return change(node) ?? node;
  const known = node.children.get(name);
  const child = known ?? { value: "", permissions: node.permissions, children: new Map(), generation };
  const next = rest.length === 0 ? change(child) : replaceNode(child, rest, generation, change);
  const children = new Map(node.children);
  if (next === undefined) children.delete(name);
  else children.set(name, next);
  const listChanged = (known === undefined) !== (next === undefined);
  return { ...node, children, generation: listChanged ? generation : node.generation };
}

/** Paths of all nodes below, the deepest last. */
export function pathsBelow(path: string, node: TreeNode): string[] {
  return [...node.children].flatMap(([name, child]) => {
    const below = `${path === "/" ? "" : path}/${name}`;
    return [below, ...pathsBelow(below, child)];
  });
}
