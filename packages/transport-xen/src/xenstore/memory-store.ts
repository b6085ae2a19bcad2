import { type Change, concerns, differs, MemoryNodes } from "./memory-nodes.ts";
import { findNode, pathsBelow, type TreeNode } from "./memory-tree.ts";
import { isWithin, resolvePath } from "./paths.ts";
import type { Permission } from "./permissions.ts";
import { TRANSACTION_ATTEMPTS, type XenStore, type XenStoreNodes, type XenStoreWatch } from "./store.ts";
import { XenStoreError } from "./xenstore-error.ts";

/** A node as plain data. */
export interface NodeEntry {
  readonly path: string;
  readonly value: string;
  readonly permissions?: readonly Permission[];
}

export interface MemoryXenStoreOptions {
  /** The domain whose `/local/domain/<domid>` relative paths mean; 0 unless given. */
  readonly domid?: number;
  /** What is there at the start, parents before children. */
  readonly nodes?: Iterable<NodeEntry>;
}

interface MemoryWatch {
  readonly path: string;
  readonly prefix: string;
  readonly listener: (path: string) => void;
}

/**
 * A xenstore in this process, for tests and dry runs: the same nodes, watches and transactions, with conflicts. Permissions are
 * kept and inherited as data; nobody is refused for them.
 */
export class MemoryXenStore extends MemoryNodes implements XenStore {
  readonly ended: Promise<Error | undefined>;
  #settleEnded: (reason: Error | undefined) => void = () => {};
  readonly #domid: number;
  readonly #watches: Set<MemoryWatch> = new Set();
  #generation = 0;
  #root: TreeNode = {
    value: "",
    permissions: [{ domid: 0, access: "none" }],
    children: new Map(),
    generation: 0,
  };

  constructor({ domid = 0, nodes = [] }: MemoryXenStoreOptions = {}) {
    super(
      domid,
      () => this.#root,
      (change) => this.#commit(change),
    );
    this.#domid = domid;
    this.ended = new Promise((settle) => {
      this.#settleEnded = settle;
    });
    for (const { path, value, permissions } of nodes) {
      // These settle at once: nothing in this class waits.
      void this.write(path, value);
      if (permissions !== undefined) void this.setPermissions(path, permissions);
    }
  }

  /** Every node but the root, parents before children. */
  list(path = "/"): NodeEntry[] {
    const at = (each: string): TreeNode | undefined =>
      findNode(this.#root, each === "/" ? [] : each.slice(1).split("/"));
    const top = at(resolvePath(path, this.#domid));
    if (top === undefined) return [];
    return [...(path === "/" ? [] : [path]), ...pathsBelow(path, top)].flatMap((each) => {
      const node = at(each);
      return node === undefined ? [] : [{ path: each, value: node.value, permissions: node.permissions }];
    });
  }

  async watch(path: string, listener: (path: string) => void): Promise<XenStoreWatch> {
    const isPlain = path.startsWith("/") || path.startsWith("@");
    const prefix = isPlain ? "" : `${resolvePath("x", this.#domid).slice(0, -1)}`;
    const watch = { path: path.startsWith("@") ? path : resolvePath(path, this.#domid), prefix, listener };
    this.#watches.add(watch);
    this.#tell(watch, watch.path);
    return {
      close: async () => {
        this.#watches.delete(watch);
      },
    };
  }

  async transaction<Result>(body: (nodes: XenStoreNodes) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; attempt <= TRANSACTION_ATTEMPTS; attempt++) {
      const before = this.#root;
      let view = before;
      const seen = new Set<string>();
      const changes: Change[] = [];
      const nodes = new MemoryNodes(
        this.#domid,
        () => view,
        (change) => {
          changes.push(change);
          view = change.apply(view, this.#generation + changes.length);
        },
        (path) => seen.add(path),
      );
      const result = await body(nodes);
      if ([...seen].some((path) => differs(path, before, this.#root))) continue;
      for (const change of changes) this.#commit(change);
      return result;
    }
    throw new XenStoreError("EAGAIN", `a transaction met another's change ${TRANSACTION_ATTEMPTS} times`);
  }

  async close(): Promise<void> {
    this.#watches.clear();
    this.#settleEnded(undefined);
  }

  /** Another connection to the same nodes, with watches and an end of its own. */
  connect(): XenStore {
    const watches = new Set<XenStoreWatch>();
    let settleEnded: (reason: Error | undefined) => void = () => {};
    return {
      ended: new Promise((settle) => {
        settleEnded = settle;
      }),
      read: (path) => this.read(path),
      directory: (path) => this.directory(path),
      write: (path, value) => this.write(path, value),
      mkdir: (path) => this.mkdir(path),
      rm: (path) => this.rm(path),
      getPermissions: (path) => this.getPermissions(path),
      setPermissions: (path, permissions) => this.setPermissions(path, permissions),
      transaction: (body) => this.transaction(body),
      watch: async (path, listener) => {
        const watch = await this.watch(path, listener);
        watches.add(watch);
        return watch;
      },
      close: async () => {
        for (const watch of watches) await watch.close();
        settleEnded(undefined);
      },
    };
  }

  #commit(change: Change): void {
    this.#generation += 1;
    this.#root = change.apply(this.#root, this.#generation);
    for (const watch of this.#watches) {
      if (concerns(change, watch.path)) {
        this.#tell(watch, isWithin(change.path, watch.path) ? change.path : watch.path);
      }
    }
  }

  /** In a later turn, as over a socket: a listener never runs inside the call that it hears of. */
  #tell(watch: MemoryWatch, path: string): void {
    setImmediate(() => {
      if (this.#watches.has(watch)) watch.listener(path.slice(watch.prefix.length));
    });
  }
}
