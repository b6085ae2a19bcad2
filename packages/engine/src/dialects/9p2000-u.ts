import { ERRNO } from "@ninefold/core/contracts";
import { errnoText } from "../codec/errno-texts.ts";
import { MESSAGES, RERROR_SIZE, RREAD_HEADER_SIZE } from "../codec/messages.ts";
import type { ReplyWriter } from "../codec/reply-writer.ts";
import { create } from "../handlers/unix/create.ts";
import { open } from "../handlers/unix/open.ts";
import { read } from "../handlers/unix/read-directory.ts";
import { stat } from "../handlers/unix/stat.ts";
import { wstat } from "../handlers/unix/wstat.ts";
import type { Dialect } from "../session/dialect.ts";
import { handlerTable, SHARED_HANDLERS } from "./handler-table.ts";
import { replyRoom } from "./room.ts";

/** 9P2000.u: 9P2000 with Unix's owners, modes and links. What only it has is in `handlers/unix`. */
export const DIALECT_U: Dialect = {
  version: "9P2000.u",
  handlers: handlerTable({
    ...SHARED_HANDLERS,
    Topen: open,
    Tcreate: create,
    Tread: read,
    Tstat: stat,
    Twstat: wstat,
  }),
  room: replyRoom(RREAD_HEADER_SIZE),
  leastRoom: RREAD_HEADER_SIZE,
  putError: putRerror,
};

/**
 * `size[4] Rerror tag[2] ename[s] errno[4]`. The text is left out where it has no room: the number is what counts. That has
 * none either in a Tread of a single byte, for which Linux gives 12 bytes: then it is 9P2000's own Rerror, which has no
 * number, and the client fails that one request.
 */
function putRerror(into: ReplyWriter, tag: number, errno: number, room: number): void {
  // Linux's client takes numbers from 512 for none, and looks at the text.
  const number = errno < UNKNOWN_TO_LINUX ? errno : ERRNO.EIO;
  const text = errnoText(number);
  into.begin(RERROR, tag);
  into.string(text.length <= room - RERROR_SIZE ? text : "");
  if (room >= RERROR_SIZE) into.u32(number);
}

const RERROR = MESSAGES.Rerror[0];
const UNKNOWN_TO_LINUX = 512;
