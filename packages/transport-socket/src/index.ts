/**
 * 9P over Unix and TCP sockets, for `mount -t 9p -o trans=unix` and `trans=tcp`.
 *
 * ```sh
 * ninefold serve -fsdev local,id=fs0,path=/srv -device 9p-unix,fsdev=fs0,path=/run/share.sock
 * mount -t 9p -o trans=unix,version=9p2000.L,msize=1048576 /run/share.sock /mnt
 * ```
 *
 * Each connection is a session of its own. A Unix socket is for its owner alone unless `socket-mode` and `socket-group`
 * say otherwise; TCP has no authentication at all, so `9p-tcp` wants to be told `allow-unauthenticated=on`.
 *
 * What one peer can take is bounded: messages have at most 1 MiB; while 256 requests are under way, or 256 KiB of replies
 * wait for the peer to read them, nothing more is read from it.
 *
 * On Linux each read and write is one system call on the connection's own memory. A connection that is busy is polled for its
 * next request for some microseconds (`busy-poll-us`), so that the server's wake-up does not lie between two requests.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { tcpTransport } from "./tcp-transport.ts";
import { unixTransport } from "./unix-transport.ts";

export type { TcpOptions, UnixOptions } from "./options.ts";
export { openTcp, type TcpEndpoint, tcpTransport } from "./tcp-transport.ts";
export { unixTransport } from "./unix-transport.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/transport-socket",
  apiVersion: 1,
  contributes: { transport: ["unix", "tcp"] },
  register(registry) {
    registry.register(TRANSPORT, unixTransport);
    registry.register(TRANSPORT, tcpTransport);
  },
});
export default plugin;
