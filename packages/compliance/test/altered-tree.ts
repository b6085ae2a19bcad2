import type { FsFile, FsNode, FsTree } from "@ninefold/core/contracts";

/** Methods to put in place of a tree's own; each gets the original object first. */
export interface Alterations {
  readonly tree?: Readonly<Record<string, (tree: FsTree, ...args: never[]) => unknown>>;
  readonly node?: Readonly<Record<string, (node: FsNode, ...args: never[]) => unknown>>;
  readonly file?: Readonly<Record<string, (file: FsFile, ...args: never[]) => unknown>>;
  /** Methods that are not there. */
  readonly without?: readonly string[];
  readonly supports?: Partial<FsTree["supports"]>;
}

/** A tree whose nodes and files are another tree's, but for some methods. */
export function alteredTree(original: FsTree, alterations: Alterations): FsTree {
  const originals = new WeakMap<object, object>();
  const wrapped = new WeakMap<object, object>();
  const bare = (value: unknown): unknown =>
    typeof value === "object" && value !== null ? (originals.get(value) ?? value) : value;

  function wrap(value: unknown): unknown {
    if (value instanceof Promise) return value.then(wrap);
    if (typeof value !== "object" || value === null) return value;
    if ("node" in value && "file" in value) return { node: wrap(value.node), file: wrap(value.file) };
    const kind =
      "attach" in value ? "tree" : "lookup" in value ? "node" : "readdir" in value ? "file" : undefined;
    if (kind === undefined) return value;
    const known = wrapped.get(value);
    if (known !== undefined) return known;
    const replaced = alterations[kind] as
      | Readonly<Record<string, (...args: unknown[]) => unknown>>
      | undefined;
    const proxy = new Proxy(value, {
      get(target, key) {
        if (typeof key === "string" && alterations.without?.includes(key)) return undefined;
        if (kind === "tree" && key === "supports") return { ...original.supports, ...alterations.supports };
        const own = Reflect.get(target, key, target) as unknown;
        const other = typeof key === "string" ? replaced?.[key] : undefined;
        if (other !== undefined) return (...args: unknown[]) => wrap(other(target, ...args.map(bare)));
        return typeof own === "function"
          ? (...args: unknown[]) => wrap(own.apply(target, args.map(bare)))
          : own;
      },
    });
    originals.set(proxy, value);
    wrapped.set(value, proxy);
    return proxy;
  }
  return wrap(original) as FsTree;
}

/** All try forms, for trees that are broken in their async forms. */
export const TRY_FORMS: readonly string[] = [
  "tryStat",
  "tryLookup",
  "tryOpen",
  "tryRead",
  "tryWrite",
  "tryReaddir",
  "tryClose",
];
