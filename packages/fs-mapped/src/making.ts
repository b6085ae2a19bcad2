import { type ModelOptions, type NewObject, S_IFDIR, S_IFLNK, S_IFREG } from "@ninefold/core/contracts";
import type { Metadata } from "./formats/index.ts";

const FMODE = 0o600;
const DMODE = 0o700;
/** What QEMU gives all symbolic links. */
const LINK_MODE = 0o777;

/** What objects are made as on the host, for both mapped models: directories as such, all else as files. */
export function hostKinds(options: ModelOptions): {
  hostType(type: number): number;
  firstMode(hostType: number): number;
} {
  const { fmode = FMODE, dmode = DMODE, native_symlinks = false } = options;
  return {
    hostType(type) {
      return type === S_IFDIR || (type === S_IFLNK && native_symlinks) ? type : S_IFREG;
    },
    firstMode: (hostType) => (hostType === S_IFDIR ? dmode : fmode),
  };
}

/** What is kept of a new object. An owner that the client did not name is not kept: it is the host's. */
export function metadataOf({ type, rdev, options }: NewObject): Metadata {
  const permissions = type === S_IFLNK ? LINK_MODE : options.mode & 0o7777;
  return {
    ...(options.uid !== -1 && { uid: options.uid }),
    ...(options.gid !== -1 && { gid: options.gid }),
    mode: type | permissions,
    ...(rdev !== undefined && { rdev }),
  };
}
