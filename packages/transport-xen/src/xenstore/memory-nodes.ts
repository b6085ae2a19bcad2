import { findNode, replaceNode, type TreeNode } from "./memory-tree.ts";
import { isWithin, resolvePath } from "./paths.ts";
import type { Permission } from "./permissions.ts";
import type { XenStoreNodes } from "./store.ts";
import { encodeStrings } from "./text.ts";
import { PAYLOAD_MAX } from "./wire.ts";
import { XenStoreError } from "./xenstore-error.ts";

/** A change of one node, absolute and ready to be done to any tree. */
export interface Change {
  readonly path: string;
  readonly removes: boolean;
  apply(root: TreeNode, generation: number): TreeNode;
}

const names = (path: string): string[] => (path === "/" ? [] : path.slice(1).split("/"));

/** The node operations over whatever tree `root` answers with; changes go to `commit`, and reads are told to `seen`. */
export class MemoryNodes implements XenStoreNodes {
  readonly #domid: number;
  readonly #root: () => TreeNode;
  readonly #commit: (change: Change) => void;
  readonly #seen: (path: string) => void;

  constructor(
    domid: number,
    root: () => TreeNode,
    commit: (change: Change) => void,
    seen: (path: string) => void = () => {},
  ) {
    this.#domid = domid;
    this.#root = root;
    this.#commit = commit;
    this.#seen = seen;
  }

  async read(path: string): Promise<string | undefined> {
    return this.#find(path)?.value;
  }

  async directory(path: string): Promise<string[] | undefined> {
    const node = this.#find(path);
    return node && [...node.children.keys()];
  }

  async write(path: string, value: string): Promise<void> {
    if (encodeStrings(path, value).length - 1 > PAYLOAD_MAX)
      throw new XenStoreError("E2BIG", `the value of ${path} is too long`);
    this.#change(path, (node, generation) => ({ ...node, value, generation }));
  }

  async mkdir(path: string): Promise<void> {
    if (this.#find(path) === undefined) this.#change(path, (node) => node);
  }

  async rm(path: string): Promise<void> {
    const absolute = resolvePath(path, this.#domid);
    if (absolute === "/") throw new XenStoreError("EINVAL", "the root cannot be removed");
    if (this.#find(path) !== undefined) this.#change(path, () => undefined);
  }

  async getPermissions(path: string): Promise<Permission[] | undefined> {
    const node = this.#find(path);
    return node && [...node.permissions];
  }

  async setPermissions(path: string, permissions: readonly Permission[]): Promise<void> {
    if (permissions.length === 0) throw new XenStoreError("EINVAL", "permissions need an owner");
    if (this.#find(path) === undefined) throw new XenStoreError("ENOENT", `there is no ${path}`);
    this.#change(path, (node, generation) => ({ ...node, permissions: [...permissions], generation }));
  }

  #find(path: string): TreeNode | undefined {
    const absolute = resolvePath(path, this.#domid);
    this.#seen(absolute);
    return findNode(this.#root(), names(absolute));
  }

  #change(path: string, change: (node: TreeNode, generation: number) => TreeNode | undefined): void {
    const absolute = resolvePath(path, this.#domid);
    this.#seen(absolute);
    const removes = change(emptyNode, 0) === undefined;
    this.#commit({
      path: absolute,
      removes,
      apply: (root, generation) => {
        if (removes && findNode(root, names(absolute)) === undefined) return root;
        return replaceNode(root, names(absolute), generation, (node) => change(node, generation));
      },
    });
  }
}

const emptyNode: TreeNode = { value: "", permissions: [], children: new Map(), generation: 0 };

/** True when the node at `path` is not the same in both trees: changed, come, gone, or with other children. */
export function differs(path: string, before: TreeNode, after: TreeNode): boolean {
  return findNode(before, names(path))?.generation !== findNode(after, names(path))?.generation;
}

/** Whether a change of `changed` is told to a watch of `watched`: at or below it, or when it was removed with its parent. */
export function concerns({ path, removes }: Change, watched: string): boolean {
  return isWithin(path, watched) || (removes && isWithin(watched, path));
}
