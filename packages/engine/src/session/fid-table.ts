import { ERRNO, FsError, type FsNode, type SessionLimits } from "@ninefold/core/contracts";
import { NOFID } from "../codec/messages.ts";
import type { Attachment } from "./attachment.ts";
import { FID, Fid, type FidXattr } from "./fid.ts";

/** The fids of a session. Linux takes the lowest free number and uses it again at once, so objects are pooled. */
export class FidTable {
  readonly #fids = new Map<number, Fid>();
  readonly #limits: SessionLimits;
  readonly #free: Fid[] = [];
  #xattrs = 0;
  #openFiles = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#fids.size;
  }

  get(number: number): Fid | undefined {
    return this.#fids.get(number);
  }

  all(): IterableIterator<Fid> {
    return this.#fids.values();
  }

  /** Why `number` cannot become a fid: EINVAL when it is one (or is NOFID), EMFILE when there are too many; else 0. */
  refusal(number: number): number {
    if (number === NOFID || this.#fids.has(number)) return ERRNO.EINVAL;
    return this.#fids.size >= this.#limits.fids ? ERRNO.EMFILE : 0;
  }

  /** Throws EINVAL or EMFILE when `number` cannot become a fid. */
  admit(number: number): void {
    const errno = this.refusal(number);
    if (errno !== 0) throw new FsError(errno === ERRNO.EMFILE ? "EMFILE" : "EINVAL", `fid ${number}`);
  }

  /** ENOSPC when the session has all the xattr fids that it may have, else 0. */
  xattrRefusal(): number {
    return this.#limits.xattrFids !== 0 && this.#xattrs >= this.#limits.xattrFids ? ERRNO.ENOSPC : 0;
  }

  /** EMFILE when the session has all the open files that it may have, else 0. */
  openRefusal(): number {
    return this.#limits.openFiles !== 0 && this.#openFiles >= this.#limits.openFiles ? ERRNO.EMFILE : 0;
  }

  /** Counts `fid` as an open file, from before it is opened until `uncountOpen`, or until it is recycled. */
  countOpen(fid: Fid): void {
    if (!fid.countsAsOpen) this.#openFiles++;
    fid.countsAsOpen = true;
  }

  uncountOpen(fid: Fid): void {
    if (fid.countsAsOpen) this.#openFiles--;
    fid.countsAsOpen = false;
  }

  /** A new fid that takes the reference to `node` over. `number` has no `refusal`. */
  add(number: number, node: FsNode, fileType: number, attachment: Attachment): Fid {
    const fid = this.#free.pop() ?? new Fid(node, attachment);
    fid.number = number;
    fid.kind = FID.NODE;
    fid.node = node;
    fid.attachment = attachment;
    fid.fileType = fileType;
    fid.flags = 0;
    fid.removeOnClose = false;
    fid.position = undefined;
    fid.opening = false;
    fid.detached = false;
    attachment.retain();
    this.#fids.set(number, fid);
    return fid;
  }

  /** Makes a fid one of an extended attribute. There is no `xattrRefusal`. */
  turnToXattr(fid: Fid, kind: typeof FID.XATTR_READ | typeof FID.XATTR_WRITE, xattr: FidXattr): void {
    this.#xattrs++;
    fid.kind = kind;
    fid.xattr = xattr;
  }

  /** Takes a fid's number away. Whoever calls this closes the fid, and then calls `recycle`. */
  detach(fid: Fid): void {
    fid.detached = true;
    this.#fids.delete(fid.number);
    if (fid.xattr !== undefined) this.#xattrs--;
  }

  /** Detaches a fid that is not open; it is closed when the last request on it has ended. */
  retire(fid: Fid): void {
    this.detach(fid);
    fid.whenIdle(() => {
      fid.tryClose();
      this.recycle(fid);
    });
  }

  /** Takes back a fid that is detached, closed and in nobody's hands. */
  recycle(fid: Fid): void {
    this.uncountOpen(fid);
    if (this.#free.length < POOL_SIZE) this.#free.push(fid);
  }
}

const POOL_SIZE = 256;
