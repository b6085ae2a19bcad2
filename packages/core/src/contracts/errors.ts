/** Linux errno numbers (asm-generic), the only ones that 9P2000.L carries, whatever host serves (PROTOCOL: Rlerror). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
  ESTALE: 116,
  EDQUOT: 122,
  E2BIG: 7,
} as const;

/** The name of an errno, such as `"ENOENT"`. */
export type ErrnoCode = keyof typeof ERRNO;

/** A driver's answer that the guest sees as an errno. Throw it from any driver method; `code` is what programs compare. */
export class FsError extends Error {
  override readonly name: string = "FsError";
  readonly code: ErrnoCode;
  readonly errno: number;

  constructor(code: ErrnoCode, message: string = code, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.errno = ERRNO[code];
  }
}

/**
 * The Linux errno of anything thrown: an FsError of any copy of this package, or a Node error with a `code` such as
 * `"ENOENT"`. Unknown things are EIO; whoever answers the guest logs those.
 */
export function errnoOf(thrown: unknown): number {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return ERRNO.EIO;
  const { code } = thrown;
  return typeof code === "string" && code in ERRNO ? ERRNO[code as ErrnoCode] : ERRNO.EIO;
}

/** True for what a driver throws on purpose: it has a `code` that is an errno's name. */
export function isFsError(thrown: unknown): boolean {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    "code" in thrown &&
    typeof thrown.code === "string" &&
    thrown.code in ERRNO
  );
}
