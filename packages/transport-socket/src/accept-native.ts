import { acceptUnix, close, Errno, errnoName, watchSocket } from "@ninefold/native";
import type { Accepting, Listener } from "./listener.ts";
import { NativeStream } from "./native-stream.ts";

/** Accepted at a time, so that a flood of connections leaves the others their turn. */
const MOST_AT_ONCE = 16;
/** How long nobody is accepted after the kernel could not: it would say so in every turn of the event loop. */
const PAUSE_MS = 100;

/**
 * Has `listener` serve who connects to `fd`, a listening nonblocking socket that is its own from now on. `describe` says who
 * is at the other end.
 */
export function acceptNative(fd: number, listener: Listener, describe: (fd: number) => string): Accepting {
  let pause: NodeJS.Timeout | undefined;
  const rest = (error: string): void => {
    listener.cannotAccept(error);
    watch.want(false, false);
    pause = setTimeout(() => watch.want(true, false), PAUSE_MS);
  };
  const serve = (accepted: number): void => {
    let stream: NativeStream;
    try {
      stream = new NativeStream(accepted);
    } catch (error) {
      close(accepted);
      rest(error instanceof Error ? error.message : String(error));
      return;
    }
    listener.serve(stream, describe(accepted));
  };
  const watch = watchSocket(fd, () => {
    for (let i = 0; i < MOST_AT_ONCE; i++) {
      const accepted = acceptUnix(fd);
      if (accepted >= 0) serve(accepted);
      // The peer gave up before its turn came, which is its own affair.
      else if (accepted !== -Errno.ECONNABORTED && accepted !== -Errno.EINTR) {
        if (accepted !== -Errno.EAGAIN) rest(errnoName(accepted));
        return;
      }
    }
  });
  return {
    async close() {
      clearTimeout(pause);
      watch.close();
      close(fd);
    },
  };
}
