import { MESSAGE_TYPES, MESSAGES, type MessageName } from "../codec/messages.ts";
import { attach, auth } from "../handlers/attach.ts";
import { statfs } from "../handlers/attributes.ts";
import { clunk } from "../handlers/clunk.ts";
import { flush } from "../handlers/flush.ts";
import { remove } from "../handlers/remove.ts";
import { version } from "../handlers/version.ts";
import { walk } from "../handlers/walk.ts";
import { write } from "../handlers/write.ts";
import type { Handler } from "../session/dialect.ts";

export type HandlersByName = Partial<Record<MessageName, Handler>>;

/** What all dialects have alike. 9P2000.u's Tstatfs is QEMU's addition to it. */
export const SHARED_HANDLERS: HandlersByName = {
  Tversion: version,
  Tauth: auth,
  Tattach: attach,
  Tflush: flush,
  Twalk: walk,
  Twrite: write,
  Tclunk: clunk,
  Tremove: remove,
  Tstatfs: statfs,
};

/** Handlers by type[1], MESSAGE_TYPES of them. */
export function handlerTable(byName: HandlersByName): readonly (Handler | undefined)[] {
  const handlers = new Array<Handler | undefined>(MESSAGE_TYPES).fill(undefined);
  for (const [name, handler] of Object.entries(byName)) handlers[MESSAGES[name as MessageName][0]] = handler;
  return handlers;
}
