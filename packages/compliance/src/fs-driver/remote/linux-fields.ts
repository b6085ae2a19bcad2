import { attributesOf } from "@ninefold/client";
import type { Attributes } from "@ninefold/core/contracts";
import type { MessageFields } from "@ninefold/engine/codec";

/** Rgetattr's fields as attributes of a tree. */
export function attributesInto(reply: MessageFields<"Rgetattr">, into: Attributes): void {
  const attributes = attributesOf(reply);
  const { atime, mtime, ctime, btime, inode } = attributes;
  into.mode = attributes.mode;
  into.uid = attributes.uid;
  into.gid = attributes.gid;
  into.nlink = attributes.nlink;
  into.rdev = attributes.rdev;
  into.size = attributes.size;
  into.blockSize = attributes.blockSize;
  into.blocks = attributes.blocks;
  into.atimeSec = atime.sec;
  into.atimeNsec = atime.nsec;
  into.mtimeSec = mtime.sec;
  into.mtimeNsec = mtime.nsec;
  into.ctimeSec = ctime.sec;
  into.ctimeNsec = ctime.nsec;
  into.hasBirthTime = btime !== undefined;
  into.btimeSec = btime?.sec ?? 0;
  into.btimeNsec = btime?.nsec ?? 0;
  into.inodeLow = Number(inode & 0xffff_ffffn);
  into.inodeHigh = Number(inode >> 32n);
  into.version = attributes.version;
}
