import { syncArea } from "./call-area.ts";
import { NativeError } from "./errno.ts";
import { close, dup } from "./open.ts";
import { loadKoffi } from "./platform.ts";
import { sysEpollCreate1, sysEpollCtl } from "./syscalls.ts";

type PollHandle = ReturnType<typeof import("koffi")["node"]["poll"]>;
interface Interest {
  readonly readable: boolean;
  readonly writable: boolean;
}

const READABLE: Interest = { readable: true, writable: false };
const WRITABLE: Interest = { readable: false, writable: true };
const BOTH: Interest = { readable: true, writable: true };

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_EVENT_LENGTH = 16;

export interface WatchOptions {
  /** Gets what the callback throws; without it a process warning is emitted. */
  readonly onError?: (error: unknown) => void;
}

/** A descriptor that the event loop watches. It keeps the loop alive until it is closed or {@link unref} was called. */
export interface Watch {
  /** Ends it; idempotent; allowed inside the callback. Close it before the descriptor itself. */
  close(): void;
  ref(): void;
  unref(): void;
  [Symbol.dispose](): void;
}

/** A {@link Watch} of both directions. */
export interface SocketWatch extends Watch {
  /** What it calls back for from now on; neither pauses it. Cheap when nothing changes. */
  want(readable: boolean, writable: boolean): void;
}

// koffi's handle stops silently when it is garbage collected, so it must be reachable from here, whatever the caller keeps.
const open = new Set<DescriptorWatch>();

class DescriptorWatch implements SocketWatch {
  /** Undefined while it is paused. */
  #interest: Interest | undefined;
  readonly #callback: () => void;
  readonly #onError: ((error: unknown) => void) | undefined;
  /** A duplicate of our own, see {@link openWatch}. */
  readonly #fd: number;
  #handle: PollHandle | undefined;

  constructor(fd: number, interest: Interest, callback: () => void, options: WatchOptions) {
    this.#fd = fd;
    this.#interest = interest;
    this.#callback = callback;
    this.#onError = options.onError;
    this.#handle = loadKoffi().node.poll(fd, interest, this.#onEvent);
    open.add(this);
  }

  // A throw out of a koffi callback is lost, stops the watch and may abort the process later: nothing may leave this function.
  readonly #onEvent = (status: unknown): void => {
    try {
      this.#callback();
    } catch (error) {
      this.#report(error);
    }
    // libuv stops after EPOLLERR (a reset peer, say), but what was sent before can still be read: go on until the owner closes.
    if (typeof status === "number" && status < 0) {
      this.#start();
    }
  };

  #start(): void {
    if (this.#interest === undefined) {
      return;
    }
    try {
      this.#handle?.start(this.#interest, this.#onEvent);
    } catch (error) {
      this.#report(error);
    }
  }

  want(readable: boolean, writable: boolean): void {
    const interest = readable ? (writable ? BOTH : READABLE) : writable ? WRITABLE : undefined;
    if (interest === this.#interest) {
      return;
    }
    this.#interest = interest;
    if (interest === undefined) {
      this.#handle?.stop();
    } else {
      this.#start();
    }
  }

  #report(error: unknown): void {
    try {
      if (this.#onError !== undefined) {
        this.#onError(error);
        return;
      }
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // A handler of errors that throws has nobody left to tell.
    }
  }

  close(): void {
    // Cleared first: koffi follows a null pointer when a closed handle is used.
    const handle = this.#handle;
    if (handle === undefined) {
      return;
    }
    this.#handle = undefined;
    handle.close();
    close(this.#fd);
    open.delete(this);
  }

  ref(): void {
    this.#handle?.ref();
  }

  unref(): void {
    this.#handle?.unref();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether the kernel can poll it: 0, or a negative errno. */
function tryPoll(fd: number): number {
  const epoll = sysEpollCreate1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    return epoll;
  }
  // A struct epoll_event that asks for nothing; its layout differs between processors, its zeros do not.
  new Uint8Array(syncArea.view.buffer, syncArea.view.byteOffset, EPOLL_EVENT_LENGTH).fill(0);
  const result = sysEpollCtl(epoll, EPOLL_CTL_ADD, fd, syncArea.struct);
  close(epoll);
  return result;
}

function openWatch(fd: number, interest: Interest, callback: () => void, options: WatchOptions): SocketWatch {
  // koffi 3.3.4 aborts the process when libuv refuses a descriptor: one that is closed, cannot be polled, or is watched already. So
  // the kernel is asked before, and a fresh duplicate cannot be known to libuv, whatever Node itself does with `fd`.
  const duplicate = dup(fd);
  const result = duplicate < 0 ? duplicate : tryPoll(duplicate);
  if (result < 0) {
    if (duplicate >= 0) {
      close(duplicate);
    }
    throw new NativeError(result, "epoll_ctl", `descriptor ${fd} cannot be watched`);
  }
  return new DescriptorWatch(duplicate, interest, callback, options);
}

/**
 * Calls back in each turn of the event loop in which `fd` is readable, at its end, or in error (a read then tells which), until
 * closed: level triggered. `fd` becomes nonblocking, for everybody who shares its description. The watch holds a duplicate, so
 * the other side sees a hang-up only after both are closed. What the callback throws goes to `onError`, and the watch goes on.
 * Throws NativeError: EBADF, EMFILE, or EPERM for a regular file or directory.
 */
export function watchReadable(fd: number, callback: () => void, options: WatchOptions = {}): Watch {
  return openWatch(fd, READABLE, callback, options);
}

/** As {@link watchReadable}, for room to write. */
export function watchWritable(fd: number, callback: () => void, options: WatchOptions = {}): Watch {
  return openWatch(fd, WRITABLE, callback, options);
}

/** As {@link watchReadable} at first, until {@link SocketWatch.want} says otherwise. */
export function watchSocket(fd: number, callback: () => void, options: WatchOptions = {}): SocketWatch {
  return openWatch(fd, READABLE, callback, options);
}
