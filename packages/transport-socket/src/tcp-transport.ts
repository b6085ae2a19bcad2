import type { AddressInfo, Socket } from "node:net";
import {
  ConfigError,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
} from "@ninefold/core/contracts";
import { acceptNet, type NetAccepting } from "./accept-net.ts";
import { MAX_MESSAGE_SIZE } from "./connection.ts";
import { Listener } from "./listener.ts";
import { type TcpOptions, tcpOptions } from "./options.ts";

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
  const listener = new Listener(host, 0);
  let accepting: NetAccepting;
  try {
    accepting = await acceptNet({ host: options.host, port: options.port }, listener, describe);
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
  listener.accepting = accepting;
  const { port } = accepting.server.address() as AddressInfo;
  const mountOptions = `trans=tcp,port=${port},version=9p2000.L,msize=${MAX_MESSAGE_SIZE}`;
  return {
    port,
    usage: [
      { title: "Mount in the guest", text: `mount -t 9p -o ${mountOptions} ${reachable(options.host)} /mnt` },
    ],
    close: () => listener.close(),
  };
}

function describe(socket: Socket): string {
  return `tcp ${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;
}

/** The address to connect to: one that stands for all addresses is none to connect to. */
function reachable(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "ADDRESS-OF-THIS-HOST" : host;
}
