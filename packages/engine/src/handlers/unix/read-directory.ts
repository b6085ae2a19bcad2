import {
  type Attributes,
  ERRNO,
  errnoOf,
  FsError,
  type FsFile,
  type FsNode,
  isFsError,
} from "@ninefold/core/contracts";
import { MESSAGES, RREAD_HEADER_SIZE } from "../../codec/messages.ts";
import { DM, kindOf, unixModeOf } from "../../codec/unix-mode.ts";
import type { Call } from "../../session/call.ts";
import type { Handler } from "../../session/dialect.ts";
import type { DirectoryPosition, Fid } from "../../session/fid.ts";
import type { StatBuffer } from "../../session/stat-buffer.ts";
import { inTurn } from "../directory-turn.ts";
import { readFid } from "../read.ts";
import { statInto } from "../stat-into.ts";
import { EntryList, type ListedEntry } from "./entry-list.ts";
import { wholeExtensionOf } from "./extension.ts";

/** `Tread`, which reads directories too. */
export const read: Handler = (call) => readFid(call, readDirectory);

/**
 * Whole records of entries, as many as fit; none at the end. `offset` is 0, which begins anew, or where the last reading
 * ended: anything else, and a count that not one record fits, is EINVAL. Without `.` and `..`, as read(5) has it.
 */
function readDirectory(call: Call, fid: Fid, file: FsFile, offset: number, count: number): Promise<number> {
  call.exchange.defer?.();
  return inTurn(fid, async () => {
    const from = offset === 0 ? START : fid.position;
    if (from?.offset !== offset) throw new FsError("EINVAL", `offset ${offset}`);
    const room = call.dataRoom(count, RREAD_HEADER_SIZE);
    const records = call.context.statBuffers.take(room);
    try {
      const reached = await fill(call, fid.node, file, from, records);
      const { length } = records;
      // Linux's client asks once more for what is left of its buffer, and takes an error there for one of all the buffer.
      if (reached === undefined && room > from.left) throw new FsError("EINVAL", "not one entry fits");
      if (length > 0) call.exchange.reply.scatter(RREAD_HEADER_SIZE, records.bytes, 0, length);
      fid.position = { ...(reached ?? from), offset: offset + length, left: room - length };
      call.beginReply(RREAD).u32(length);
      return call.send(length);
    } finally {
      call.context.statBuffers.give(records);
    }
  });
}

type Cookie = Pick<DirectoryPosition, "cookieLow" | "cookieHigh">;

/**
 * Adds records from a position on; returns the one behind them. Goes on until there is one, or no entry is left;
 * undefined when there is an entry, but not even one fits.
 */
async function fill(
  call: Call,
  directory: FsNode,
  file: FsFile,
  from: Cookie,
  records: StatBuffer,
): Promise<Cookie | undefined> {
  let { cookieLow, cookieHigh } = from;
  for (;;) {
    const list = new EntryList(records.left);
    await file.readdir(cookieLow, cookieHigh, list);
    for (const entry of list.entries) {
      // Somebody waits for the end of this, and not for what it finds.
      if (call.interrupted && records.length > 0) return { cookieLow, cookieHigh };
      if (!(await addEntry(call, directory, entry, records))) {
        return records.length === 0 ? undefined : { cookieLow, cookieHigh };
      }
      cookieLow = entry.nextLow;
      cookieHigh = entry.nextHigh;
    }
    if (list.isFull && list.entries.length === 0) return undefined;
    if (records.length > 0 || list.entries.length === 0) return { cookieLow, cookieHigh };
  }
}

/** Adds what there is to tell of an entry; one that is gone by now is passed over. False when it finds no room. */
async function addEntry(
  call: Call,
  directory: FsNode,
  entry: ListedEntry,
  records: StatBuffer,
): Promise<boolean> {
  const { name } = entry;
  if (name === "." || name === "..") return true;
  const { attributes } = call;
  const extension = await learn(directory, entry, attributes);
  if (extension === undefined) return true;
  const mode = unixModeOf(attributes.mode);
  if (records.add(attributes, mode, { name, extension })) return true;
  // A target that fills a message must not end the listing: Tstat tells it.
  const isLink = kindOf(mode) === DM.SYMLINK;
  return isLink && records.length === 0 && records.add(attributes, mode, { name, extension: "" });
}

/** Fills `into`, and gives the entry's extension; undefined when there is no such entry any more. */
async function learn(directory: FsNode, entry: ListedEntry, into: Attributes): Promise<string | undefined> {
  let node: FsNode | undefined;
  try {
    node = await directory.lookup(entry.name);
    await statInto(node, into);
    return await wholeExtensionOf(node, into);
  } catch (error) {
    if (!isFsError(error)) throw error;
    const errno = errnoOf(error);
    if (errno === ERRNO.ENOENT || errno === ERRNO.ESTALE) return undefined;
    // It is there, but may not be looked at: then what the directory itself says is told.
    into.reset();
    into.mode = (entry.type === 0 ? DT_REG : entry.type) << 12;
    into.inodeLow = entry.inodeLow;
    into.inodeHigh = entry.inodeHigh;
    return "";
  } finally {
    node?.release();
  }
}

const START: DirectoryPosition = { offset: 0, left: 0, cookieLow: 0, cookieHigh: 0 };
/** A d_type is a file type of st_mode, 12 bits lower. */
const DT_REG = 8;
const RREAD = MESSAGES.Rread[0];
