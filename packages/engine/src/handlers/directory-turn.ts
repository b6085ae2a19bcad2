import type { Fid } from "../session/fid.ts";

/** Does the work when what came before it on this fid is done: a directory takes one reading at a time. */
export async function inTurn<Result>(fid: Fid, work: () => Promise<Result>): Promise<Result> {
  const before = fid.reading;
  const { promise, resolve } = Promise.withResolvers<void>();
  fid.reading = promise;
  try {
    await before;
    return await work();
  } finally {
    if (fid.reading === promise) fid.reading = undefined;
    resolve();
  }
}
