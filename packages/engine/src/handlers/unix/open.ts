import { ERRNO } from "@ninefold/core/contracts";
import { MESSAGES } from "../../codec/messages.ts";
import { sameNode } from "../../session/attachment.ts";
import type { Call } from "../../session/call.ts";
import { FID } from "../../session/fid.ts";
import { openFid } from "../open.ts";
import { parseOpenMode } from "./open-mode.ts";

/** `Topen fid[4] mode[1]`. With ORCLOSE the entry goes when the fid goes: EBUSY for a root, EROFS where nothing may. */
export function open(call: Call): number | Promise<number> {
  const { context, message } = call;
  const number = message.u32();
  const mode = message.u8();
  message.finish();
  const { flags, removeOnClose } = parseOpenMode(mode);
  if (!removeOnClose) return openFid(call, number, flags, ROPEN);
  const fid = call.fid(number);
  if (fid.kind !== FID.NODE || fid.opening) return call.fail(ERRNO.EINVAL);
  if (context.tree.supports.readOnly) return call.fail(ERRNO.EROFS);
  if (sameNode(fid.node, fid.attachment.root)) return call.fail(ERRNO.EBUSY);
  const mark = (answer: number): number => {
    fid.removeOnClose = fid.file !== undefined;
    return answer;
  };
  const answer = openFid(call, number, flags, ROPEN);
  return typeof answer === "number" ? mark(answer) : answer.then(mark);
}

const ROPEN = MESSAGES.Ropen[0];
