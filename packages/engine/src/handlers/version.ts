import { ERRNO } from "@ninefold/core/contracts";
import { MESSAGES, MIN_MESSAGE_SIZE } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";

/**
 * `Tversion msize[4] version[s]`: begins anew, whatever was. A version that is not served is answered "unknown", and the
 * session waits for another; an msize below 4096 is EMSGSIZE.
 */
export function version(call: Call): number | Promise<number> {
  const { context, message } = call;
  const messageSize = message.u32();
  const wanted = message.string();
  message.finish();
  if (!context.isFresh) return context.forget(call).then(() => agree(call, messageSize, wanted));
  context.begin();
  return agree(call, messageSize, wanted);
}

function agree(call: Call, wantedSize: number, wanted: string): number {
  const { context } = call;
  context.admission.begin();
  const messageSize = Math.min(wantedSize, context.maxMessageSize);
  if (messageSize < MIN_MESSAGE_SIZE) return call.fail(ERRNO.EMSGSIZE);
  const dialect = context.dialects.find(({ version }) => version === wanted);
  if (dialect !== undefined) {
    context.dialect = dialect;
    context.messageSize = messageSize;
    context.emit({ kind: "version", session: context.id, dialect: dialect.version, messageSize });
  }
  const reply = call.beginReply(RVERSION);
  reply.u32(messageSize);
  reply.string(dialect?.version ?? "unknown");
  return call.send();
}

const RVERSION = MESSAGES.Rversion[0];
