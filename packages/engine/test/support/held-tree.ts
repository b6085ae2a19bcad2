import type { FsFile, FsNode, FsTree } from "@ninefold/core/contracts";

type Method = (...values: unknown[]) => unknown;

/** Stops calls of a held tree on their way, by the names of methods. */
export class Gate {
  readonly #held = new Set<string>();
  readonly #waiting: { readonly method: string; go(): void }[] = [];
  /** Every asynchronous call so far, in order. */
  readonly calls: string[] = [];
  /** Nodes and files that were handed out and not given back. */
  references = 0;

  /** From now on, calls of these methods wait until they are let through. */
  hold(...methods: string[]): void {
    for (const method of methods) this.#held.add(method);
  }

  /** Lets the `index`th waiting call through. */
  letOne(index = 0): void {
    const [call] = this.#waiting.splice(index, 1);
    if (call === undefined) throw new Error("nothing waits");
    call.go();
  }

  /** Lets everything through, also what comes later. */
  open(): void {
    this.#held.clear();
    for (const call of this.#waiting.splice(0)) call.go();
  }

  get waiting(): readonly string[] {
    return this.#waiting.map(({ method }) => method);
  }

  pass(method: string): Promise<void> {
    this.calls.push(method);
    if (!this.#held.has(method)) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ method, go }));
  }
}

const originals = new WeakMap<object, object>();

/** `tree` without any `try…` method, its calls passing through `gate`. References are counted there. */
export function heldTree(tree: FsTree, gate: Gate, supports: Partial<FsTree["supports"]> = {}): FsTree {
  const held = wrap(tree, gate);
  return new Proxy(held, {
    get: (target, name) =>
      name === "supports" ? { ...tree.supports, ...supports } : (Reflect.get(target, name) as unknown),
  });
}

function wrap<Value extends object>(value: Value, gate: Gate): Value {
  const proxy = new Proxy(value, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof name !== "string" || typeof member !== "function") return member;
      if (name.startsWith("try")) return undefined;
      const method = member as Method;
      if (name === "key" || name === "releaseLocks") return method.bind(target);
      if (name === "retain" || name === "release") {
        return () => {
          gate.references += name === "retain" ? 1 : -1;
          return method.call(target);
        };
      }
      if (name === "parent") return () => handOut(method.call(target), gate);
      return async (...values: unknown[]) => {
        await gate.pass(name);
        if (name === "close") gate.references--;
        return handOut(await method.apply(target, values.map(unwrap)), gate);
      };
    },
  });
  originals.set(proxy, value);
  return proxy;
}

function unwrap(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (originals.get(value) ?? value) : value;
}

/** Wraps nodes and files among results. */
function handOut(value: unknown, gate: Gate): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("node" in value && "file" in value) {
    return { node: handOut(value.node, gate), file: handOut(value.file, gate) };
  }
  if (!isNode(value) && !isFile(value)) return value;
  gate.references++;
  return wrap(value, gate);
}

function isNode(value: object): value is FsNode {
  return "retain" in value;
}

function isFile(value: object): value is FsFile {
  return "readdir" in value;
}
