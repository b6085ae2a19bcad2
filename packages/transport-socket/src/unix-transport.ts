import { resolve } from "node:path";
import {
  ConfigError,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
} from "@ninefold/core/contracts";
import { isSupported, listenUnix } from "@ninefold/native";
import { acceptNative } from "./accept-native.ts";
import { acceptNet } from "./accept-net.ts";
import { MAX_MESSAGE_SIZE } from "./connection.ts";
import { type Accepting, Listener } from "./listener.ts";
import { BUSY_POLL_US, type UnixOptions, unixOptions } from "./options.ts";
import { groupNumber } from "./socket-group.ts";
import { listenAt } from "./unix-socket-file.ts";

/** Connections that may wait to be accepted: what Node itself asks for. */
const BACKLOG = 511;

export const unixTransport: Transport<UnixOptions> = {
  name: "unix",
  description: "9P over a Unix socket",
  deviceTypes: ["9p-unix"],
  schema: unixOptions,
  open: openUnix,
};

async function openUnix(options: UnixOptions, host: TransportHost): Promise<TransportEndpoint> {
  const path = resolve(host.baseDirectory, options.path);
  const refuse = (option: string, value: string, problem: string, cause?: unknown): ConfigError =>
    new ConfigError({ code: "ERR_DEVICE_OPEN", path: `device ${host.device}`, problem, option, value }, [], {
      cause,
    });
  if (process.platform === "win32")
    throw refuse("path", path, "Windows has no Unix sockets here; use 9p-tcp");
  const groupName = options["socket-group"];
  const group = groupName === undefined ? undefined : await groupNumber(groupName);
  if (groupName !== undefined && group === undefined) {
    throw refuse("socket-group", groupName, `there is no group "${groupName}"`);
  }
  const listener = new Listener(host, options["busy-poll-us"] ?? BUSY_POLL_US);
  const listen = (made: string): Promise<Accepting> => acceptUnixSockets(made, path, listener);
  try {
    listener.accepting = await listenAt(path, { mode: options["socket-mode"], group }, listen);
  } catch (error) {
    await listener.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse("path", path, `cannot listen on "${path}": ${reason}`, error);
  }
  const mountOptions = `trans=unix,version=9p2000.L,msize=${MAX_MESSAGE_SIZE}`;
  return {
    usage: [{ title: "Mount on this host", text: `mount -t 9p -o ${mountOptions} ${quoted(path)} /mnt` }],
    close: () => listener.close(),
  };
}

/** Makes a socket at `made`; `path` is where it will be. */
async function acceptUnixSockets(made: string, path: string, listener: Listener): Promise<Accepting> {
  const description = `unix ${path}`;
  if (!isSupported) return acceptNet({ path: made, backlog: BACKLOG }, listener, () => description);
  return acceptNative(listenUnix(made, { backlog: BACKLOG }), listener, () => description);
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
