import { encodeDevice, S_IFDIR, S_IFMT, S_IFREG } from "@ninefold/core";
import {
  AT_EMPTY_PATH,
  close,
  Errno,
  fchmod,
  fchown,
  getxattr,
  listxattr,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  removexattr,
  reopen,
  STATX_BASIC_STATS,
  StatxBuffer,
  setxattr,
  statx,
} from "@ninefold/native";
import { need } from "./tree-error.ts";

/** One component at a time, from a descriptor: no link of the tree, nor a mount in it, leads elsewhere. */
export const ENCLOSED: number =
  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

const stat = new StatxBuffer();

/** A list of attributes, and each value, have no more bytes than this on Linux. */
const scratch = Buffer.alloc(65_536);

/**
 * An object of a tree, open as a reference (O_PATH), with what the host said of it then. Everything is done by the descriptor, so that
 * a name that leads elsewhere meanwhile leads to nothing. Methods throw ConfigError ERR_TREE_ACCESS.
 */
export class HostEntry implements Disposable {
  readonly fd: number;
  readonly parent: HostEntry | undefined;
  readonly name: string;
  /** For messages. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly rdev: number;
  readonly inode: bigint;
  /** Device and inode number: equal for links of one object. */
  readonly identity: string;
  readonly times: readonly [atimeSec: number, atimeNsec: number, mtimeSec: number, mtimeNsec: number];
  #xattrs: readonly string[] | undefined;

  constructor(fd: number, parent: HostEntry | undefined, name: string, path: string) {
    this.fd = fd;
    this.parent = parent;
    this.name = name;
    this.path = path;
    need(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, stat), path, "stat");
    const { mode, uid, gid, size, nlink, atimeSec, atimeNsec, mtimeSec, mtimeNsec } = stat;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.size = size;
    this.nlink = nlink;
    this.rdev = encodeDevice(stat.rdevMajor, stat.rdevMinor);
    this.times = [atimeSec, atimeNsec, mtimeSec, mtimeNsec];
    this.inode = (BigInt(stat.inoHigh) << 32n) | BigInt(stat.inoLow);
    this.identity = `${stat.devMajor}-${stat.devMinor}-${this.inode}`;
  }

  get type(): number {
    return this.mode & S_IFMT;
  }

  get isRoot(): boolean {
    return this.parent === undefined;
  }

  /** Whether the host keeps attributes by name for it. */
  get hasXattrs(): boolean {
    return this.type === S_IFREG || this.type === S_IFDIR;
  }

  /** Calls `use` with a descriptor of this directory for calls that read it. */
  reading<Value>(use: (fd: number) => Value): Value {
    const fd = need(reopen(this.fd, O_RDONLY | O_DIRECTORY), this.path, "reading the folder");
    try {
      return use(fd);
    } finally {
      close(fd);
    }
  }

  /** An entry of this directory; undefined when there is none of that name. */
  open(name: string): HostEntry | undefined {
    const path = `${this.path}/${name}`;
    const fd = openat2(this.fd, name, O_PATH | O_NOFOLLOW, 0, ENCLOSED);
    if (fd === -Errno.ENOENT) return undefined;
    need(fd, path, fd === -Errno.EXDEV ? "another file system is mounted there: opening it" : "opening it");
    try {
      return new HostEntry(fd, this, name, path);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /** Names of its attributes. */
  xattrs(): readonly string[] {
    this.#xattrs ??= this.#listXattrs();
    return this.#xattrs;
  }

  /** Undefined when there is none of that name. */
  xattr(name: string): Uint8Array | undefined {
    if (!this.xattrs().includes(name)) return undefined;
    const length = getxattr(this.fd, name, scratch);
    if (length === -Errno.ENODATA) return undefined;
    // A copy: the slice of a Buffer would be a view.
    return Uint8Array.from(scratch.subarray(0, need(length, this.path, `reading its attribute ${name}`)));
  }

  setXattr(name: string, value: Uint8Array): void {
    need(setxattr(this.fd, name, value, 0), this.path, `setting its attribute ${name}`);
    this.#xattrs = undefined;
  }

  removeXattr(name: string): void {
    const result = removexattr(this.fd, name);
    this.#xattrs = undefined;
    if (result !== -Errno.ENODATA && result !== -Errno.EOPNOTSUPP)
      need(result, this.path, `removing its attribute ${name}`);
  }

  #listXattrs(): readonly string[] {
    if (!this.hasXattrs) return [];
    const length = listxattr(this.fd, scratch);
    if (length === -Errno.EOPNOTSUPP) return [];
    need(length, this.path, "listing its attributes");
    return length === 0 ? [] : scratch.toString("utf8", 0, length).split("\0").slice(0, -1);
  }

  /** Does nothing when it is theirs already. */
  chown(uid: number, gid: number): void {
    if (uid !== this.uid || gid !== this.gid)
      need(fchown(this.fd, uid, gid), this.path, `giving it to ${uid}:${gid}`);
  }

  chmod(mode: number): void {
    need(fchmod(this.fd, mode & 0o7777), this.path, `setting its mode to ${(mode & 0o7777).toString(8)}`);
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}
