import { MESSAGES, RLERROR_SIZE } from "../codec/messages.ts";
import type { ReplyWriter } from "../codec/reply-writer.ts";
import { version } from "../handlers/version.ts";
import type { Dialect } from "../session/dialect.ts";
import { handlerTable } from "./handler-table.ts";
import { replyRoom } from "./room.ts";

/** Before Tversion has chosen: there is nothing but Tversion. */
export const NO_DIALECT: Dialect = {
  version: "",
  handlers: handlerTable({ Tversion: version }),
  room: replyRoom(RLERROR_SIZE),
  leastRoom: RLERROR_SIZE,
  putError: putRlerror,
};

/** `size[4] Rlerror tag[2] ecode[4]`. */
export function putRlerror(into: ReplyWriter, tag: number, errno: number): void {
  into.begin(RLERROR, tag);
  into.u32(errno);
}

const RLERROR = MESSAGES.Rlerror[0];
