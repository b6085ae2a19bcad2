import { FsError, S_IFMT } from "@ninefold/core/contracts";
import { MESSAGES, NOFID } from "../codec/messages.ts";
import { Attachment } from "../session/attachment.ts";
import type { Call } from "../session/call.ts";
import { statInto } from "./stat-into.ts";

/** `Tauth afid[4] uname[s] aname[s] n_uname[4]`: no authentication is needed, and none is offered. */
export function auth(): never {
  throw new FsError("EOPNOTSUPP", "no authentication");
}

/** `Tattach fid[4] afid[4] uname[s] aname[s] n_uname[4]`. EINVAL for a fid in use, EBADF for an afid. */
export async function attach(call: Call): Promise<number> {
  const { context, message, attributes } = call;
  const number = message.u32();
  const afid = message.u32();
  const name = message.string();
  const aname = message.string();
  const uid = message.u32();
  message.finish();
  if (afid !== NOFID) throw new FsError("EBADF", `afid ${afid}`);
  if (aname.includes("\0")) throw new FsError("ENOENT", "NUL in aname");
  context.fids.admit(number);

  const user = { name, uid: uid === NONUNAME ? -1 : uid };
  const root = await context.tree.attach(aname, user);
  try {
    await statInto(root, attributes);
    context.fids.admit(number);
  } catch (error) {
    root.release();
    throw error;
  }
  // The fid's reference and the attachment's, which may outlive it.
  root.retain();
  context.fids.add(number, root, attributes.mode & S_IFMT, new Attachment(aname, user, root));
  context.emit({ kind: "attach", session: context.id, aname, user: name, uid: user.uid });
  call.beginReply(RATTACH).qid(attributes);
  return call.send();
}

const NONUNAME = 0xffff_ffff;
const RATTACH = MESSAGES.Rattach[0];
