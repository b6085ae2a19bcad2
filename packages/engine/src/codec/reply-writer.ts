import { type Attributes, encodeName, S_IFDIR, S_IFLNK, S_IFMT } from "@ninefold/core/contracts";

/**
 * Puts an R-message together in memory of its own, from where it is copied to the guest in one go. One serves a whole
 * session: between `begin` and `finish` nothing waits.
 */
export class ReplyWriter {
  /** The message so far is `bytes[0, length)`. */
  readonly bytes: Uint8Array = new Uint8Array(CAPACITY);
  #view = new DataView(this.bytes.buffer);
  #at = 0;

  begin(type: number, tag: number): void {
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
    this.#at = 7;
  }

  /** Sets size[4] and returns it. `data` bytes follow, which somebody else has put in place. */
  finish(data = 0): number {
    const size = this.#at + data;
    this.#view.setUint32(0, size, true);
    return size;
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at++, value);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** A safe integer as 64 bits; negative ones (times before 1970) in two's complement. */
  u64(value: number): void {
    putU64(this.#view, this.#at, value);
    this.#at += 8;
  }

  /** 64 bits that need not be a safe integer. */
  long(value: bigint): void {
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value), true);
    this.#at += 8;
  }

  /** False, with nothing written, when the string is too long for a reply. */
  string(value: string): boolean {
    const encoded = encodeName(value);
    if (this.#at + 2 + encoded.length > CAPACITY) return false;
    this.u16(encoded.length);
    this.bytes.set(encoded, this.#at);
    this.#at += encoded.length;
    return true;
  }

  qid(of: Attributes): void {
    this.#at = putQid(of, this.#view, this.#at);
  }

  /** Rgetattr's fields. `blockSize` is what the client shall use, `valid` which of the optional fields count. */
  attributes(of: Attributes, valid: number, blockSize: number): void {
    // One function with few calls: this is the most frequent message, and calls with large numbers make objects of them.
    const view = this.#view;
    const at = this.#at;
    putU32AsU64(view, at, valid);
    putQid(of, view, at + 8);
    view.setUint32(at + 21, of.mode, true);
    view.setUint32(at + 25, of.uid, true);
    view.setUint32(at + 29, of.gid, true);
    putU32AsU64(view, at + 33, of.nlink);
    putU32AsU64(view, at + 41, of.rdev);
    putU64(view, at + 49, of.size);
    putU32AsU64(view, at + 57, blockSize);
    putU64(view, at + 65, of.blocks);
    putU64(view, at + 73, of.atimeSec);
    putU32AsU64(view, at + 81, of.atimeNsec);
    putU64(view, at + 89, of.mtimeSec);
    putU32AsU64(view, at + 97, of.mtimeNsec);
    putU64(view, at + 105, of.ctimeSec);
    putU32AsU64(view, at + 113, of.ctimeNsec);
    putU64(view, at + 121, of.btimeSec);
    putU32AsU64(view, at + 129, of.btimeNsec);
    putU32AsU64(view, at + 137, of.generation);
    putU32AsU64(view, at + 145, of.version);
    this.#at = at + 153;
  }

  /** `count` qids that were put by `putQid`. */
  qids(from: Uint8Array, count: number): void {
    const length = count * QID_SIZE;
    for (let i = 0; i < length; i++) this.bytes[this.#at + i] = from[i] as number;
    this.#at += length;
  }
}

export const QID_SIZE = 13;

/** Writes the qid of what `of` tells about; returns the position behind it. */
export function putQid(of: Attributes, into: DataView, at: number): number {
  into.setUint8(at, qidType(of.mode));
  into.setUint32(at + 1, of.version, true);
  into.setUint32(at + 5, of.inodeLow, true);
  into.setUint32(at + 9, of.inodeHigh, true);
  return at + QID_SIZE;
}

function putU64(into: DataView, at: number, value: number): void {
  into.setUint32(at, value, true);
  into.setUint32(at + 4, value >= 0 && value <= 0xffff_ffff ? 0 : Math.floor(value / 0x1_0000_0000), true);
}

function putU32AsU64(into: DataView, at: number, value: number): void {
  into.setUint32(at, value, true);
  into.setUint32(at + 4, 0, true);
}

/** qid.type of a file type: only these two bits mean anything to Linux. */
function qidType(mode: number): number {
  const type = mode & S_IFMT;
  return type === S_IFDIR ? QTDIR : type === S_IFLNK ? QTSYMLINK : 0;
}

export const QTDIR = 0x80;
export const QTSYMLINK = 0x02;

/** Rreadlink's buffer in Linux's client, the largest that any reply but Rread and Rreaddir may fill. */
const CAPACITY = 8192;
