import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";

/**
 * `Tflush oldtag[2]`. Requests are not cancelled: Rflush comes behind the old request's own reply, at once when there is
 * none under way. Only what waits for somebody else, a blocking Tlock, is ended early, and what comes in parts, a
 * directory of 9P2000.u, after the part that it is at. A read or write that waits in a tree is not: the tree has the
 * guest's memory, which is the guest's again with Rflush.
 */
export function flush(call: Call): number | Promise<number> {
  const { message, context } = call;
  const oldTag = message.u16();
  message.finish();
  const old = context.inFlight.get(oldTag);
  if (old === undefined) return call.sendEmpty(RFLUSH);
  old.stopWaiting();
  return new Promise((resolve) => old.whenSettled(() => resolve(call.sendEmpty(RFLUSH))));
}

const RFLUSH = MESSAGES.Rflush[0];
