import { type Attributes, encodeName } from "@ninefold/core/contracts";
import { putQid, QID_SIZE } from "../codec/reply-writer.ts";
import { RecordBuffer } from "./record-buffer.ts";

/** What a record of 9P2000.u tells besides the attributes. */
export interface StatText {
  readonly name: string;
  /** A symbolic link's target, a device's numbers, or how many names there are. */
  readonly extension: string;
}

/** Packs the records of 9P2000.u, `size[2]` and STAT's fields, none of them cut off. */
export class StatBuffer extends RecordBuffer {
  constructor() {
    super(INITIAL_SIZE);
  }

  /** `mode` is the mode as 9P2000.u has it. False, with nothing added, when the record finds no room. */
  add(of: Attributes, mode: number, { name, extension }: StatText): boolean {
    const texts = [name, String(of.uid), String(of.gid), "", extension].map(encodeName);
    const size = texts.reduce((sum, { length }) => sum + length, STAT_SIZE);
    if (size > this.left || size - 2 > MAX_SIZE) return false;
    this.makeRoom(size);
    const { view } = this;
    let at = this.length;
    view.setUint16(at, size - 2, true);
    // type and dev, which are the server kernel's own affair.
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, 0, true);
    putQid(of, view, at + 8);
    at += 8 + QID_SIZE;
    view.setUint32(at, mode, true);
    view.setUint32(at + 4, secondsOf(of.atimeSec), true);
    view.setUint32(at + 8, secondsOf(of.mtimeSec), true);
    view.setBigUint64(at + 12, BigInt(of.size), true);
    at += 20;
    for (const text of texts) {
      view.setUint16(at, text.length, true);
      this.bytes.set(text, at + 2);
      at += 2 + text.length;
    }
    view.setUint32(at, of.uid, true);
    view.setUint32(at + 4, of.gid, true);
    view.setUint32(at + 8, NONUNAME, true);
    this.length += size;
    return true;
  }
}

/** 32 bits of seconds; all ones would say "don't touch" if a client sent them back. */
function secondsOf(time: number): number {
  return Math.min(Math.max(time, 0), 0xffff_fffe);
}

/** A record without its strings' bytes, `size[2]` included. */
export const STAT_SIZE = 63;
const INITIAL_SIZE = 4096;
const MAX_SIZE = 0xffff;
/** Nobody knows who changed a file last. */
const NONUNAME = 0xffff_ffff;
