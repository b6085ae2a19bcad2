import {
  type AttributeChanges,
  FsError,
  type FsFile,
  S_IFREG,
  type TimeChange,
} from "@ninefold/core/contracts";
import { asyncFiles, close, futimens, O_NONBLOCK, O_WRONLY, UTIME_NOW, UTIME_OMIT } from "@ninefold/native";
import { typeOf } from "../host/show.ts";
import { check } from "../host/status.ts";
import { LocalFile } from "../local-file.ts";
import type { LocalNode } from "../local-node.ts";
import { dropSetId } from "../set-id.ts";
import { changeMetadata } from "./change-metadata.ts";

/**
 * Size, owner, mode, times, in this order: a new size clears set-id bits and sets times, a new owner clears set-id
 * bits, and what the request says of modes and times is to hold in the end. What was done before a failure stays done.
 */
export async function changeAttributes(
  node: LocalNode,
  changes: AttributeChanges,
  via: FsFile | undefined,
): Promise<void> {
  node.tree.mustBeWritable();
  const { held, fd } = await node.tree.holding(node);
  try {
    if (changes.size !== undefined) await changeSize(node, fd, changes.size, via);
    await changeOwner(node, changes);
    await changeMode(node, changes.mode);
    await changeTimes(node, fd, changes.atime, changes.mtime);
  } finally {
    held.letGo();
  }
}

async function changeSize(node: LocalNode, fd: number, size: number, via: FsFile | undefined): Promise<void> {
  if (node.isDirectory) throw new FsError("EISDIR", node.name);
  if ((await typeOf(node)) !== S_IFREG) throw new FsError("EINVAL", node.name);
  await dropSetId(node);
  // The right to write was settled when the file was opened, and may have been taken from the name since.
  if (via instanceof LocalFile && via.node === node && via.canWrite) {
    check(await asyncFiles.ftruncate(via.fd, size), node.name);
    return;
  }
  const writable = check(await asyncFiles.reopen(fd, O_WRONLY | O_NONBLOCK), node.name);
  const status = await asyncFiles.ftruncate(writable, size);
  close(writable);
  check(status, node.name);
}

async function changeOwner(node: LocalNode, changes: AttributeChanges): Promise<void> {
  const { uid = -1, gid = -1, touchCtime = false } = changes;
  if (uid === -1 && gid === -1 && !touchCtime) return;
  check(await changeMetadata(node, () => node.tree.policy.setOwner(node, uid, gid)), node.name);
}

async function changeMode(node: LocalNode, mode: number | undefined): Promise<void> {
  if (mode === undefined) return;
  check(await changeMetadata(node, () => node.tree.policy.setMode(node, mode & 0o7777)), node.name);
  node.maySetId ||= (mode & 0o6000) !== 0;
}

async function changeTimes(
  node: LocalNode,
  fd: number,
  atime: TimeChange | undefined,
  mtime: TimeChange | undefined,
): Promise<void> {
  if (atime === undefined && mtime === undefined) return;
  const [atimeSec, atimeNsec] = halvesOf(atime);
  const [mtimeSec, mtimeNsec] = halvesOf(mtime);
  const status = await node.device.changes.run(
    () => futimens(fd, atimeSec, atimeNsec, mtimeSec, mtimeNsec),
    () => asyncFiles.futimens(fd, atimeSec, atimeNsec, mtimeSec, mtimeNsec),
  );
  check(status, node.name);
}

function halvesOf(time: TimeChange | undefined): [sec: number, nsec: number] {
  if (time === undefined) return [0, UTIME_OMIT];
  return time === "now" ? [0, UTIME_NOW] : [time.sec, time.nsec];
}
