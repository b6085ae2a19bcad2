import { XenStoreError } from "./xenstore-error.ts";

/** Longest absolute path, in bytes (Xen: XENSTORE_ABS_PATH_MAX). */
const ABSOLUTE_PATH_MAX = 3072;
const NAME = /^[A-Za-z0-9\-_@]+$/;

/**
 * The absolute path of a node, without a slash at its end; rejects what xenstored rejects.
 * Source: Xen's xenstore.txt, "store path".
 */
export function resolvePath(path: string, domid: number): string {
  if (path === "/") return path;
  const absolute = path.startsWith("/") ? path : `/local/domain/${domid}/${path}`;
  const names = absolute.slice(1).split("/");
  if (absolute.length > ABSOLUTE_PATH_MAX || !names.every((name) => NAME.test(name))) {
    throw new XenStoreError("EINVAL", `"${path}" is not a path of xenstore`);
  }
  return absolute;
}

/** True when `path` is `ancestor` or below it. Both are absolute. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === "/" || path.startsWith(`${ancestor}/`);
}
