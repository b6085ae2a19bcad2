import { lookup } from "node:dns/promises";
import type { AddressInfo, Socket } from "node:net";
import {
  ConfigError,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
} from "@ninefold/core/contracts";
import { isSupported, listenTcp, localAddress, NativeError, peerAddress } from "@ninefold/native";
import { acceptNative } from "./accept-native.ts";
import { acceptNet } from "./accept-net.ts";
import { MAX_MESSAGE_SIZE } from "./connection.ts";
import { KEEP_ALIVE_SECONDS } from "./keep-alive.ts";
import { Listener } from "./listener.ts";
import { BUSY_POLL_US, type TcpOptions, tcpOptions } from "./options.ts";

export interface TcpEndpoint extends TransportEndpoint {
  /** The port that was asked for, or the one that was free. */
  readonly port: number;
}

export const tcpTransport: Transport<TcpOptions> = {
  name: "tcp",
  description: "9P over TCP, without authentication",
  deviceTypes: ["9p-tcp"],
  schema: tcpOptions,
  open: openTcp,
};

/** As `tcpTransport.open`, with the port. */
export async function openTcp(options: TcpOptions, host: TransportHost): Promise<TcpEndpoint> {
  const listener = new Listener(host, options["busy-poll-us"] ?? BUSY_POLL_US);
  let port: number;
  try {
    port = await accept(options, listener);
  } catch (error) {
    throw new ConfigError(
      {
        code: "ERR_DEVICE_OPEN",
        path: `device ${host.device}`,
        problem: `cannot listen on ${options.host}:${options.port}: ${error instanceof Error ? error.message : error}`,
        option: "port",
        value: options.port,
      },
      [],
      { cause: error },
    );
  }
  const mountOptions = `trans=tcp,port=${port},version=9p2000.L,msize=${MAX_MESSAGE_SIZE}`;
  return {
    port,
    usage: [
      { title: "Mount in the guest", text: `mount -t 9p -o ${mountOptions} ${reachable(options.host)} /mnt` },
    ],
    close: () => listener.close(),
  };
}

/** Begins to listen; the port. */
async function accept({ host, port }: TcpOptions, listener: Listener): Promise<number> {
  const { address } = await lookup(host);
  // A zone, as in fe80::1%eth0, is a name of an interface that Node resolves.
  if (isSupported && !address.includes("%")) {
    const fd = listenTcp(address, port, { keepAliveSeconds: KEEP_ALIVE_SECONDS });
    listener.accepting = acceptNative(fd, listener, describePeer);
    return localAddress(fd).port;
  }
  const accepting = await acceptNet({ host: address, port }, listener, describeSocket);
  listener.accepting = accepting;
  return (accepting.server.address() as AddressInfo).port;
}

function describePeer(fd: number): string {
  try {
    const { address, port } = peerAddress(fd);
    return `tcp ${address}:${port}`;
  } catch (error) {
    // It went away while it waited to be accepted.
    if (error instanceof NativeError) return "tcp ?:?";
    throw error;
  }
}

function describeSocket(socket: Socket): string {
  return `tcp ${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;
}

/** The address to connect to: one that stands for all addresses is none to connect to. */
function reachable(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "ADDRESS-OF-THIS-HOST" : host;
}
