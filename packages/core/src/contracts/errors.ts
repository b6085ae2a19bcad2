/**
 * Linux errno numbers (asm-generic), the only ones that 9P carries, whatever host serves (PROTOCOL: Rlerror). All that a
 * file system, a block device below it or a network to it may answer.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  ENOTBLK: 15,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  ETIME: 62,
  EREMOTE: 66,
  ENOLINK: 67,
  ECOMM: 70,
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  EUSERS: 87,
  EMSGSIZE: 90,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EUCLEAN: 117,
  EREMOTEIO: 121,
  EDQUOT: 122,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
  ECANCELED: 125,
  ENOKEY: 126,
  EKEYEXPIRED: 127,
  EKEYREVOKED: 128,
  EKEYREJECTED: 129,
  EHWPOISON: 133,
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
  return knownErrno(thrown) ?? ERRNO.EIO;
}

/** True for what a driver throws on purpose: it has a `code` that is an errno's name. */
export function isFsError(thrown: unknown): boolean {
  return knownErrno(thrown) !== undefined;
}

function knownErrno(thrown: unknown): number | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  const { code } = thrown;
  if (code === "ENOTSUP") return ERRNO.EOPNOTSUPP; // Node's name of the same number
  return typeof code === "string" && Object.hasOwn(ERRNO, code) ? ERRNO[code as ErrnoCode] : undefined;
}
