import { FsError, type FsNode, type LockOwner, type LockRange } from "@ninefold/core/contracts";
import type { MessageReader } from "../codec/message-reader.ts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import type { Fid } from "../session/fid.ts";
import { LOCK_WAIT_MS, MAX_CLIENT_ID } from "../session/limits.ts";

/**
 * `Tlock fid[4] type[1] flags[4] start[8] length[8] proc_id[4] client_id[s]`. The owner is a process of a client, whatever
 * fid it uses. With the BLOCK flag the answer waits for a second at most, for Linux asks again by itself, and a signal
 * to the process must be able to end it.
 */
export async function lock(call: Call): Promise<number> {
  const { message, context } = call;
  const fid = call.fid(message.u32());
  const type = message.u8();
  const flags = message.u32();
  const { start, length, processId, clientId } = readRange(message);
  requireOpen(fid);
  if (type > UNLCK || (flags & ~BLOCK) !== 0) throw new FsError("EINVAL", `type ${type}, flags ${flags}`);
  const range: LockRange = { type: TYPES[type] ?? "unlock", start, length };
  const owner = context.locks.owner(clientId, processId);
  const granted =
    (flags & BLOCK) === 0 || type === UNLCK
      ? await context.locks.lock(fid.node, owner, range)
      : await lockPatiently(call, fid.node, owner, range);
  call.beginReply(RLOCK).u8(granted ? SUCCESS : BLOCKED);
  return call.send();
}

/** Tries until it succeeds, LOCK_WAIT_MS have passed, or the call is flushed. */
async function lockPatiently(call: Call, node: FsNode, owner: LockOwner, range: LockRange): Promise<boolean> {
  const { locks } = call.context;
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const { releases } = locks;
    if (await locks.lock(node, owner, range)) return true;
    const left = deadline - performance.now();
    if (left <= 0 || call.interrupted) return false;
    // A lock may have been given up while the tree was asked: then there is nothing to wait for.
    if (locks.releases === releases) await releaseOrPause(call, Math.min(pause, left));
    if (call.interrupted) return false;
  }
}

/** Waits until a lock of the tree is given up in this process, the time is over (another program's lock), or a flush. */
async function releaseOrPause(call: Call, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const forget = call.context.locks.onRelease(resolve);
  call.interrupt = resolve;
  await promise;
  call.interrupt = undefined;
  forget();
  clearTimeout(timer);
}

/**
 * `Tgetlock fid[4] type[1] start[8] length[8] proc_id[4] client_id[s]`: the lock that is in the way, or type UNLCK. Linux
 * asks with type UNLCK whatever its process asked for; that is taken as a write lock, so that every lock is reported.
 */
export async function getlock(call: Call): Promise<number> {
  const { message, context } = call;
  const fid = call.fid(message.u32());
  const type = message.u8();
  const { start, length, processId, clientId } = readRange(message);
  requireOpen(fid);
  if (type > UNLCK) throw new FsError("EINVAL", `type ${type}`);
  const owner = context.locks.owner(clientId, processId);
  const range: LockRange = { type: type === RDLCK ? "read" : "write", start, length };
  const held = await context.locks.find(fid.node, owner, range);
  const reply = call.beginReply(RGETLOCK);
  reply.u8(held === undefined ? UNLCK : TYPES.indexOf(held.type));
  reply.u64(held?.start ?? start);
  reply.u64(held?.length ?? length);
  // A holder that is no process of a guest is process 0, as Linux shows one of another PID namespace.
  reply.u32(held === undefined ? processId : Math.max(held.processId, 0));
  if (!reply.string(held?.clientId ?? clientId)) throw new FsError("EMSGSIZE", "client_id");
  return call.send();
}

/** `start[8] length[8] proc_id[4] client_id[s]`, and nothing behind. */
function readRange(message: MessageReader): {
  start: number;
  length: number;
  processId: number;
  clientId: string;
} {
  const start = message.u64();
  const length = message.u64();
  const processId = message.u32();
  const clientId = message.string();
  message.finish();
  if (clientId.length > MAX_CLIENT_ID) throw new FsError("EINVAL", "client_id");
  if (!Number.isSafeInteger(start)) throw new FsError("EOVERFLOW", "start of a lock");
  // Files end below 2^53: what reaches beyond is to the end of the file.
  return { start, length: Number.isSafeInteger(start + length) ? length : 0, processId, clientId };
}

function requireOpen(fid: Fid): void {
  if (fid.file === undefined) throw new FsError("EBADF", `fid ${fid.number} is not open`);
}

/** By Tlock's type. */
const TYPES = ["read", "write", "unlock"] as const;
const RDLCK = 0;
const UNLCK = 2;
/** Tlock's only flag that a client may set: wait. */
const BLOCK = 1;
const SUCCESS = 0;
const BLOCKED = 1;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
const RLOCK = MESSAGES.Rlock[0];
const RGETLOCK = MESSAGES.Rgetlock[0];
