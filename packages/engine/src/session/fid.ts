import { AGAIN, type FsFile, type FsNode, OPEN, type Status } from "@ninefold/core/contracts";
import type { Attachment } from "./attachment.ts";

/** What a fid stands for. Up to DIRECTORY it has a node that can be asked anything. */
export const FID = {
  /** An object that is not open. */
  NODE: 0,
  /** An open file. */
  FILE: 1,
  /** An open directory. */
  DIRECTORY: 2,
  /** An extended attribute, or the list of them, as it was at Txattrwalk. */
  XATTR_READ: 3,
  /** An extended attribute that Tclunk will set or remove. */
  XATTR_WRITE: 4,
  /** A restored fid whose object is gone: it can only be clunked. */
  STALE: 5,
} as const;

export type FidKind = (typeof FID)[keyof typeof FID];

export interface FidXattr {
  readonly name: string;
  /** Announced by Txattrcreate, or found by Txattrwalk. */
  readonly size: number;
  /** XATTR_CREATE, XATTR_REPLACE or 0. */
  readonly flags: number;
  /** Empty until the first Twrite. */
  value: Uint8Array;
  /** Bytes written so far, from the start. */
  written: number;
}

/** Where the next Tread of a directory goes on, as 9P2000.u counts: in bytes of what was told so far. */
export interface DirectoryPosition {
  readonly offset: number;
  /** Bytes that the reading up to here was asked for and did not fill. */
  readonly left: number;
  /** The tree's own position. */
  readonly cookieLow: number;
  readonly cookieHigh: number;
}

/**
 * One fid. It is used again for another number once it is closed, so nothing may keep it beyond `uses`, which counts
 * the requests under way on it: only when the last has ended may it be closed.
 */
export class Fid {
  number = 0;
  kind: FidKind = FID.NODE;
  node: FsNode;
  attachment: Attachment;
  /** The node's file type, as S_IFMT; it never changes. */
  fileType = 0;
  /** Set when kind is FILE or DIRECTORY. */
  file: FsFile | undefined;
  /** What it was opened with: OPEN flags. */
  flags = 0;
  /** Set when kind is XATTR_READ or XATTR_WRITE. */
  xattr: FidXattr | undefined;
  uses = 0;
  /** Opened with 9P2000.u's ORCLOSE: its entry goes when the fid goes. */
  removeOnClose = false;
  /** Of a directory that 9P2000.u's Tread has read. */
  position: DirectoryPosition | undefined;
  /** A message is under way, which will change what the fid stands for. */
  opening = false;
  /** It counts as an open file: it is being opened, or open, or being closed. */
  countsAsOpen = false;
  /** Its number may stand for something else already. */
  detached = false;
  /** The reading of the directory under way: a file takes one at a time. */
  reading: Promise<void> | undefined;
  #waiting: (() => void)[] = [];

  constructor(node: FsNode, attachment: Attachment) {
    this.node = node;
    this.attachment = attachment;
  }

  /** There is an object that can be asked anything. */
  get hasNode(): boolean {
    return this.kind <= FID.DIRECTORY;
  }

  get canRead(): boolean {
    return (this.flags & OPEN.ACCESS) !== OPEN.WRITE;
  }

  get canWrite(): boolean {
    return (this.flags & OPEN.ACCESS) !== OPEN.READ;
  }

  /** One request less under way. */
  drop(): void {
    this.uses--;
    if (this.uses > 0) return;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Calls back when no request is under way on the fid: at once, or in a later turn. */
  whenIdle(callback: () => void): void {
    if (this.uses === 0) callback();
    else this.#waiting.push(callback);
  }

  /** Ends what the fid holds, if that needs no waiting: 0, a negative errno, or AGAIN with nothing done. */
  tryClose(): Status {
    const { file } = this;
    let status = 0;
    if (file !== undefined) {
      status = file.tryClose === undefined ? AGAIN : file.tryClose();
      if (status === AGAIN) return AGAIN;
      this.file = undefined;
    }
    this.#release();
    return status;
  }

  /** The same with waiting. Throws what closing the file throws; the fid has ended all the same. */
  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    try {
      await file?.close();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    this.xattr = undefined;
    this.node.release();
    this.attachment.release();
  }
}
