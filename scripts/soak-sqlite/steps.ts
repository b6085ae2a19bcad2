import { type FsFile, type FsNode, IoVec, OPEN } from "@ninefold/core/contracts";

/*
 * What the writer does, step by step, as a function of the step's number: so whoever knows how many steps were
 * acknowledged knows what has to be there.
 */

const made = { mode: 0o644, uid: -1, gid: -1 };

/** The content of file `number`: a line that tells it, again and again, of a length of its own. */
export function contentOf(number: number): string {
  return `file ${number}\n`.repeat(1 + ((number * 7919) % 4000));
}

export const LOGS = 4;
/** A file is renamed so many steps after it was made, and removed after that. */
const RENAMED_AFTER = 20;
const REMOVED_AFTER = 60;

/** What must be there of step `number` when `done` steps are acknowledged: undefined is nothing. */
export function nameAfter(number: number, done: number): string | undefined {
  if (number + REMOVED_AFTER < done) return undefined;
  return number + RENAMED_AFTER < done ? `renamed-${number}` : `file-${number}`;
}

/** One step: makes a file, appends to a log, renames an older file, removes a still older one; then all is synced. */
export async function takeStep(root: FsNode, number: number): Promise<void> {
  const { node, file } = await root.create(`file-${number}`, OPEN.WRITE | OPEN.TRUNCATE, made);
  await write(file, contentOf(number));
  node.release();
  const log = await root.create(`log-${number % LOGS}`, OPEN.WRITE | OPEN.APPEND, made);
  await write(log.file, `${number}\n`);
  await log.file.close();
  log.node.release();
  const [renamed, removed] = [number - RENAMED_AFTER, number - REMOVED_AFTER];
  if (renamed >= 0) await root.rename(`file-${renamed}`, root, `renamed-${renamed}`).catch(onlyIfGone);
  if (removed >= 0) await root.unlink(`renamed-${removed}`, false).catch(onlyIfGone);
  await file.fsync(false);
  await file.close();
}

/** A step that was cut off is taken again, and may find a part of it done. */
function onlyIfGone(error: { readonly code?: string }): void {
  if (error.code !== "ENOENT") throw error;
}

async function write(file: FsFile, text: string): Promise<void> {
  const bytes = IoVec.of(new TextEncoder().encode(text));
  if ((await file.write(0, bytes)) !== bytes.length) throw new Error("a short write");
}
