import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { KEEP_ALIVE_SECONDS } from "./keep-alive.ts";
import type { Accepting, Listener } from "./listener.ts";
import { NetStream } from "./net-stream.ts";

export interface NetAccepting extends Accepting {
  readonly server: Server;
}

/**
 * Has `listener` serve who connects to where `options` say, by Node's own sockets. Throws why it cannot listen.
 * `describe` says who is at the other end.
 */
export async function acceptNet(
  options: ListenOptions,
  listener: Listener,
  describe: (socket: Socket) => string,
): Promise<NetAccepting> {
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 * KEEP_ALIVE_SECONDS },
    (socket) => listener.serve(new NetStream(socket), describe(socket)),
  );
  server.listen(options);
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  server.on("error", (error) => listener.cannotAccept(error.message));
  return {
    server,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
