import { FsError } from "@ninefold/core/contracts";
import type { MessageReader } from "../../codec/message-reader.ts";

/** Twstat's record as it came. `UNTOUCHED`, `undefined` and empty text are "don't touch". */
export interface StatRecord {
  /** `type[2]` or `dev[4]` would change: they are 0 in all records that were told. */
  readonly isServersTouched: boolean;
  readonly isQidTouched: boolean;
  /** The halves of `qid[13]`'s path. */
  readonly qidLow: number;
  readonly qidHigh: number;
  readonly mode: number;
  readonly atime: number;
  readonly mtime: number;
  /** Exact when it is a safe integer. */
  readonly length: number | undefined;
  /** As `MessageReader.name` gives it: to be checked. */
  readonly name: string | undefined;
  readonly uid: string;
  readonly gid: string;
  readonly extension: string;
  readonly nUid: number;
  readonly nGid: number;
}

/**
 * Reads `nstat[2] stat[nstat]`. Throws EPROTO when the sizes are not those of the record. Who changed a file last
 * (`muid`, `n_muid`) is read over: Linux's client sends its own user's name there.
 */
export function readRecord(message: MessageReader): StatRecord {
  const total = message.u16();
  const { left } = message;
  const size = message.u16();
  if (total !== left || size !== left - 2) throw new FsError("EPROTO", `a record of ${total} bytes`);
  const type = message.u16();
  const dev = message.u32();
  const qidType = message.u8();
  const qidVersion = message.u32();
  const qidLow = message.u32();
  const qidHigh = message.u32();
  const mode = message.u32();
  const atime = message.u32();
  const mtime = message.u32();
  const lengthLow = message.u32();
  const lengthHigh = message.u32();
  const name = message.optionalName();
  const uid = message.string();
  const gid = message.string();
  message.string();
  const extension = message.string();
  const nUid = message.u32();
  const nGid = message.u32();
  message.u32();
  const isLengthTouched = lengthLow !== UNTOUCHED || lengthHigh !== UNTOUCHED;
  return {
    isServersTouched: (type !== 0xffff && type !== 0) || (dev !== UNTOUCHED && dev !== 0),
    isQidTouched:
      qidType !== 0xff || qidVersion !== UNTOUCHED || qidLow !== UNTOUCHED || qidHigh !== UNTOUCHED,
    ...{ qidLow, qidHigh, mode, atime, mtime, name, uid, gid, extension, nUid, nGid },
    length: isLengthTouched ? lengthHigh * 0x1_0000_0000 + lengthLow : undefined,
  };
}

/** All ones in 32 bits. */
export const UNTOUCHED = 0xffff_ffff;
