/**
 * A scattered piece of memory, as POSIX's iovec: where a message's bytes lie, or where a reply's bytes go. It is a
 * struct of arrays that is filled anew for each message, so that the hot path allocates nothing.
 *
 * The memory belongs to whoever filled the vector (guest memory, a ring, a socket's buffer). A callee may use it until
 * the operation that it was given for has been answered, never longer. A guest can change request memory at any time:
 * read each byte once.
 */
export class IoVec {
  /** Number of segments in use. */
  count = 0;
  /** Sum of all lengths, in bytes. */
  length = 0;
  /** The memory that each segment lies in: a whole region, of which the segment is `[start, start + length)`. */
  readonly bytes: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  /** Machine address of each segment's first byte, for system calls; 0 when it has none that is known. */
  readonly addresses: number[] = [];

  static of(bytes: Uint8Array): IoVec {
    const vec = new IoVec();
    vec.push(bytes, 0, bytes.length, 0);
    return vec;
  }

  clear(): void {
    this.count = 0;
    this.length = 0;
  }

  /** Appends `bytes[start, start + length)`. The caller has checked that it lies inside `bytes`. */
  push(bytes: Uint8Array, start: number, length: number, address: number): void {
    const i = this.count++;
    this.bytes[i] = bytes;
    this.starts[i] = start;
    this.lengths[i] = length;
    this.addresses[i] = address;
    this.length += length;
  }

  /** Makes `into` the part `[from, from + length)` of this vector; shorter when this vector ends before. */
  slice(from: number, length: number, into: IoVec): void {
    into.clear();
    let skip = from;
    let left = length;
    for (let i = 0; i < this.count && left > 0; i++) {
      const have = this.lengths[i] as number;
      if (skip >= have) {
        skip -= have;
        continue;
      }
      const take = Math.min(have - skip, left);
      const address = this.addresses[i] as number;
      into.push(
        this.bytes[i] as Uint8Array,
        (this.starts[i] as number) + skip,
        take,
        address === 0 ? 0 : address + skip,
      );
      left -= take;
      skip = 0;
    }
  }

  /** Copies up to `length` bytes from the vector's position `from` to `target[at…]`; returns how many there were. */
  gather(from: number, target: Uint8Array, at: number, length: number): number {
    let skip = from;
    let done = 0;
    for (let i = 0; i < this.count && done < length; i++) {
      const have = this.lengths[i] as number;
      if (skip >= have) {
        skip -= have;
        continue;
      }
      const take = Math.min(have - skip, length - done);
      copyBytes(this.bytes[i] as Uint8Array, (this.starts[i] as number) + skip, target, at + done, take);
      done += take;
      skip = 0;
    }
    return done;
  }

  /** Copies `source[from, from + length)` to the vector's position `at`; returns how many bytes found room. */
  scatter(at: number, source: Uint8Array, from: number, length: number): number {
    let skip = at;
    let done = 0;
    for (let i = 0; i < this.count && done < length; i++) {
      const have = this.lengths[i] as number;
      if (skip >= have) {
        skip -= have;
        continue;
      }
      const take = Math.min(have - skip, length - done);
      copyBytes(source, from + done, this.bytes[i] as Uint8Array, (this.starts[i] as number) + skip, take);
      done += take;
      skip = 0;
    }
    return done;
  }
}

/** A loop beats a native call, and a subarray, up to about this many bytes (messages' fixed parts are below it). */
const LOOP_LIMIT = 64;

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  if (length <= LOOP_LIMIT) {
    for (let i = 0; i < length; i++) target[at + i] = source[from + i] as number;
  } else {
    target.set(source.subarray(from, from + length), at);
  }
}
