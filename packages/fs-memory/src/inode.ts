import {
  type AttributeChanges,
  type Attributes,
  encodeName,
  FsError,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type TimeChange,
} from "@ninefold/core/contracts";
import { LockTable } from "@ninefold/core/lock-table";
import type { Budget } from "./budget.ts";
import { DirectoryEntries } from "./directory-entries.ts";
import { FileContent } from "./file-content.ts";
import type { MemoryNode } from "./memory-node.ts";

/** What an entry adds to the size that a directory shows. */
const ENTRY_SIZE = 32;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;

interface Time {
  readonly sec: number;
  readonly nsec: number;
}

/** An object of the tree, whatever its names: attributes and content. */
export class Inode {
  readonly number: number;
  readonly born: Time = now();
  readonly locks: LockTable = new LockTable();
  readonly xattrs: Map<string, Uint8Array> = new Map();
  /** Its names; a directory has one. */
  readonly links: Set<MemoryNode> = new Set();
  /** A regular file's bytes. */
  readonly content: FileContent | undefined;
  /** A directory's names. */
  readonly entries: DirectoryEntries | undefined;
  /** A symbolic link's text. */
  readonly target: string | undefined;
  /** Bytes of the target. */
  readonly targetSize: number;
  readonly rdev: number;
  mode: number;
  uid: number;
  gid: number;
  /** How many nodes and open files are held by callers. */
  references = 0;
  #version = 1;
  #atime: Time = this.born;
  #mtime: Time = this.born;
  #ctime: Time = this.born;

  constructor(number: number, mode: number, budget: Budget, special: { target?: string; rdev?: number }) {
    this.number = number;
    this.mode = mode;
    this.uid = 0;
    this.gid = 0;
    this.content = (mode & S_IFMT) === S_IFREG ? new FileContent(budget) : undefined;
    this.entries = (mode & S_IFMT) === S_IFDIR ? new DirectoryEntries() : undefined;
    this.target = special.target;
    this.targetSize = special.target === undefined ? 0 : encodeName(special.target).length;
    this.rdev = special.rdev ?? 0;
  }

  get isDirectory(): boolean {
    return this.entries !== undefined;
  }

  get isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }

  /** Bytes of content, names or target. */
  get size(): number {
    return (this.content?.size ?? 0) + this.targetSize + (this.entries?.count ?? 0) * ENTRY_SIZE;
  }

  /** Content or names changed. */
  contentChanged(): void {
    this.#version = (this.#version + 1) >>> 0;
    this.#mtime = this.#ctime = now();
  }

  /** Attributes or links changed. */
  attributesChanged(): void {
    this.#ctime = now();
  }

  fill(into: Attributes): void {
    into.mode = this.mode;
    into.uid = this.uid;
    into.gid = this.gid;
    into.nlink = this.entries ? (this.links.size === 0 ? 0 : 2 + this.entries.directories) : this.links.size;
    into.rdev = this.rdev;
    into.size = this.size;
    into.blocks = Math.ceil((this.content?.allocated ?? 0) / 512);
    into.atimeSec = this.#atime.sec;
    into.atimeNsec = this.#atime.nsec;
    into.mtimeSec = this.#mtime.sec;
    into.mtimeNsec = this.#mtime.nsec;
    into.ctimeSec = this.#ctime.sec;
    into.ctimeNsec = this.#ctime.nsec;
    into.hasBirthTime = true;
    into.btimeSec = this.born.sec;
    into.btimeNsec = this.born.nsec;
    into.inode = this.number;
    into.version = this.#version;
  }

  /** Applies all changes or, when one is impossible, throws before the first. */
  change(changes: AttributeChanges): void {
    if (changes.size !== undefined) this.#resize(changes.size);
    if (changes.uid !== undefined || changes.gid !== undefined) this.#chown(changes.uid, changes.gid);
    if (changes.mode !== undefined) this.mode = (this.mode & S_IFMT) | (changes.mode & 0o7777);
    this.#ctime = now();
    if (changes.atime !== undefined) this.#atime = moment(changes.atime);
    if (changes.mtime !== undefined) this.#mtime = moment(changes.mtime);
  }

  #resize(size: number): void {
    if (this.content === undefined) throw new FsError(this.isDirectory ? "EISDIR" : "EINVAL");
    this.content.truncate(size);
    this.contentChanged();
  }

  /** As chown(2): a program that changes hands is no longer set-id. */
  #chown(uid: number | undefined, gid: number | undefined): void {
    this.uid = uid ?? this.uid;
    this.gid = gid ?? this.gid;
    if (this.isDirectory) return;
    this.mode &= ~S_ISUID;
    if ((this.mode & S_IXGRP) !== 0) this.mode &= ~S_ISGID;
  }
}

function now(): Time {
  const milliseconds = Date.now();
  return { sec: Math.floor(milliseconds / 1000), nsec: (milliseconds % 1000) * 1_000_000 };
}

function moment(change: TimeChange): Time {
  return change === "now" ? now() : { sec: change.sec, nsec: change.nsec };
}
