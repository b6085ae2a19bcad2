/** What comes along: the modules that every kernel of this package loads first, in this order. */
export const DEFAULT_PLUGINS: readonly string[] = [
  "@ninefold/engine",
  "@ninefold/fs-local",
  "@ninefold/fs-mapped",
  "@ninefold/fs-memory",
  "@ninefold/fs-sqlite",
  "@ninefold/fs-layers",
  "@ninefold/transport-virtio",
  "@ninefold/transport-socket",
  "@ninefold/transport-memory",
  "@ninefold/transport-xen",
  "@ninefold/attach-strategies",
].map((specifier) => import.meta.resolve(specifier));
