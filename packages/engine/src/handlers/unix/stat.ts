import { AGAIN, ERRNO, S_IFLNK } from "@ninefold/core/contracts";
import { MESSAGES, RSTAT_HEADER_SIZE } from "../../codec/messages.ts";
import { unixModeOf } from "../../codec/unix-mode.ts";
import { sameNode } from "../../session/attachment.ts";
import type { Call } from "../../session/call.ts";
import type { Fid } from "../../session/fid.ts";
import { statInto, tryStatInto } from "../stat-into.ts";
import { extensionOf, wholeExtensionOf } from "./extension.ts";

/** `Tstat fid[4]`. EMSGSIZE when a symbolic link's target is too long for the msize. */
export function stat(call: Call): number | Promise<number> {
  const { message, attributes } = call;
  const number = message.u32();
  message.finish();
  const fid = call.use(number);
  if (fid === undefined) return call.failFid(number);
  if (fid.fileType === S_IFLNK) return statLater(call, fid);
  const status = tryStatInto(fid.node, attributes);
  if (status >= 0) return sendStat(call, fid, extensionOf(attributes));
  return status === AGAIN ? statLater(call, fid) : call.failStatus(status);
}

async function statLater(call: Call, fid: Fid): Promise<number> {
  await statInto(fid.node, call.attributes);
  return sendStat(call, fid, await wholeExtensionOf(fid.node, call.attributes));
}

function sendStat(call: Call, fid: Fid, extension: string): number {
  const { context, attributes } = call;
  const buffer = context.statBuffers.take(call.dataRoom(MAX_STAT, RSTAT_HEADER_SIZE));
  try {
    if (!buffer.add(attributes, unixModeOf(attributes.mode), { name: nameOf(fid), extension }))
      return call.fail(ERRNO.EMSGSIZE);
    call.exchange.reply.scatter(RSTAT_HEADER_SIZE, buffer.bytes, 0, buffer.length);
    call.beginReply(RSTAT).u16(buffer.length);
    return call.send(buffer.length);
  } finally {
    context.statBuffers.give(buffer);
  }
}

/** The name of what a fid stands for: 9P's roots are called `/`. */
export function nameOf({ node, attachment }: Fid): string {
  return sameNode(node, attachment.root) ? "/" : node.name;
}

/** Linux's client has 8 KiB for an Rstat. */
const MAX_STAT = 8192 - RSTAT_HEADER_SIZE;
const RSTAT = MESSAGES.Rstat[0];
