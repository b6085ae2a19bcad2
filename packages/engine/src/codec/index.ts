/**
 * 9P2000.L and 9P2000.u messages as bytes and as objects, for clients, tests and tools. The engine itself uses cursors that make no
 * objects.
 *
 * ```ts
 * import { decodeMessage, encodeMessage } from "@ninefold/engine/codec";
 *
 * const request = encodeMessage("Twalk", 1, { fid: 0, newfid: 1, wname: ["etc", "hostname"] });
 * const reply = decodeMessage(await roundTrip(request));
 * if (reply.type === "Rwalk") console.log(reply.fields.wqid.length);
 * ```
 *
 * @packageDocumentation
 */
export { decodeDirectory, decodeMessage, decodeStats } from "./decode.ts";
export { encodeMessage, encodeStat } from "./encode.ts";
export {
  HEADER_SIZE,
  IO_HEADER_SIZE,
  MAX_WALK,
  MESSAGES,
  type MessageName,
  MIN_MESSAGE_SIZE,
  NOFID,
  NOTAG,
  RREAD_HEADER_SIZE,
  TWRITE_HEADER_SIZE,
} from "./messages.ts";
export type {
  DirectoryEntry,
  Message,
  MessageFields,
  MessageInput,
  Qid,
  Stat,
  StatInput,
} from "./notation.ts";
export { formatBytes, formatMessage } from "./trace.ts";
export { DM, fileTypeOf, kindOf, permissionsOf, unixModeOf } from "./unix-mode.ts";
