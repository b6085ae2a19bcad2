import { Errno, O_NONBLOCK, read, schedYield, setStatusFlags, write } from "@ninefold/native";

/** A processor that is given away for so long has other work. */
const CONTENDED_MS = 0.25;
/** Reads that then wait in the kernel, before it is tried again. */
const REST = 2000;

/** How an end of a conversation has its next bytes. */
export interface Waiting {
  /**
   * It asks again and again, and so never sleeps, unless somebody else wants the processor; otherwise it waits in the kernel
   * and is woken.
   */
  readonly polls: boolean;
}

/** A connected socket without an event loop. */
export class Endpoint {
  readonly fd: number;
  readonly #polls: boolean;
  #rest = 0;

  constructor(fd: number, { polls }: Waiting) {
    this.fd = fd;
    this.#polls = polls;
    setStatusFlags(fd, polls ? O_NONBLOCK : 0);
  }

  /** At least a byte, 0 at the end, or a negative errno. */
  read(address: number, length: number): number {
    if (this.#rest > 0 && --this.#rest === 0) setStatusFlags(this.fd, O_NONBLOCK);
    for (;;) {
      const count = read(this.fd, address, length);
      if (count !== -Errno.EAGAIN) return count;
      this.#yield();
    }
  }

  /** All of it: 0, or a negative errno. */
  write(address: number, length: number): number {
    for (let at = 0; at < length; ) {
      const count = write(this.fd, address + at, length - at);
      if (count >= 0) at += count;
      else if (count === -Errno.EAGAIN) this.#yield();
      else return count;
    }
    return 0;
  }

  /** So that a peer on the same processor comes to answer. */
  #yield(): void {
    const begin = performance.now();
    schedYield();
    if (!this.#polls || performance.now() - begin < CONTENDED_MS) return;
    this.#rest = REST;
    setStatusFlags(this.fd, 0);
  }
}
