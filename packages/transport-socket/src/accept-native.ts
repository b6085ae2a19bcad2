import { acceptUnix, close, Errno, errnoName, watchSocket } from "@ninefold/native";
import type { Accepting, Listener } from "./listener.ts";
import { NativeStream } from "./native-stream.ts";

/** Accepted at a time, so that a flood of connections leaves the others their turn. */
const MOST_AT_ONCE = 16;
/** How long nobody is accepted after the kernel could not: it would say so in every turn of the event loop. */
const PAUSE_MS = 100;

/** Has `listener` serve who connects to `fd`, a listening nonblocking socket that is its own from now on. */
export function acceptNative(fd: number, listener: Listener, prepare: (fd: number) => string): Accepting {
  let pause: NodeJS.Timeout | undefined;
  const watch = watchSocket(fd, () => {
    for (let i = 0; i < MOST_AT_ONCE; i++) {
      const accepted = acceptUnix(fd);
      if (accepted >= 0) {
        listener.serve(new NativeStream(accepted), prepare(accepted));
        continue;
      }
      // The peer gave up before its turn came, which is its own affair.
      if (accepted === -Errno.ECONNABORTED || accepted === -Errno.EINTR) continue;
      if (accepted !== -Errno.EAGAIN) {
        listener.cannotAccept(errnoName(accepted));
        watch.want(false, false);
        pause = setTimeout(() => watch.want(true, false), PAUSE_MS);
      }
      return;
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
