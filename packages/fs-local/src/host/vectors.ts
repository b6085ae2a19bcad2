import type { IoVec } from "@ninefold/core/contracts";
import { addressOf, IOV_MAX, IoVecArray } from "@ninefold/native";

/** The kernel's own vectors, for calls that read and write at addresses. One is always there for synchronous calls. */
export class VectorPool {
  /** For calls that are over before the next begins. */
  readonly now: IoVecArray = new IoVecArray(IOV_MAX);
  readonly #free: IoVecArray[] = [];

  /** One for a call on the pool; `give` it back when the call is over. */
  take(): IoVecArray {
    return this.#free.pop() ?? new IoVecArray(IOV_MAX);
  }

  give(vectors: IoVecArray): void {
    this.#free.push(vectors);
  }

  close(): void {
    this.now.close();
    for (const vectors of this.#free) vectors.close();
  }
}

/**
 * Puts the part of `vec` from byte `from` on into `vectors`, as much as finds room; the count of entries. Memory
 * without a known address is asked for it: its owner keeps it alive until the operation is answered.
 */
export function fillVectors(vectors: IoVecArray, vec: IoVec, from: number): number {
  let skip = from;
  let used = 0;
  for (let i = 0; i < vec.count && used < IOV_MAX; i++) {
    const length = vec.lengths[i] as number;
    if (skip >= length) {
      skip -= length;
      continue;
    }
    vectors.set(used++, startOf(vec, i) + skip, length - skip);
    skip = 0;
  }
  return used;
}

function startOf(vec: IoVec, i: number): number {
  const address = vec.addresses[i] as number;
  return address !== 0 ? address : addressOf(vec.bytes[i] as Uint8Array) + (vec.starts[i] as number);
}
