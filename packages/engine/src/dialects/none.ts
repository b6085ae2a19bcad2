import { MESSAGE_TYPES, MESSAGES } from "../codec/messages.ts";
import type { ReplyWriter } from "../codec/reply-writer.ts";
import { version } from "../handlers/version.ts";
import type { Dialect, Handler } from "../session/dialect.ts";
import { replyRoom } from "./room.ts";

const handlers = new Array<Handler | undefined>(MESSAGE_TYPES).fill(undefined);
handlers[MESSAGES.Tversion[0]] = version;

/** Before Tversion has chosen: there is nothing but Tversion. */
export const NO_DIALECT: Dialect = { version: "", handlers, room: replyRoom(), putError: putRlerror };

/** `size[4] Rlerror tag[2] ecode[4]`. */
export function putRlerror(into: ReplyWriter, tag: number, errno: number): void {
  into.begin(RLERROR, tag);
  into.u32(errno);
}

const RLERROR = MESSAGES.Rlerror[0];
