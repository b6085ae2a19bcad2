import type { DeviceConfig } from "./server-config.ts";

/** A listener's address as the device that it stands for. */
export type ListenerDevice = Pick<DeviceConfig, "type" | "options">;

/**
 * `unix:PATH` is a device `9p-unix` with the option `path`; `tcp:PORT`, `tcp:HOST:PORT` and `tcp:[IPV6]:PORT` are a
 * `9p-tcp` with `port` and, if given, `host`. Undefined for any other text.
 */
export function parseListenAddress(address: string): ListenerDevice | undefined {
  const unix = /^unix:(.+)$/s.exec(address)?.[1];
  if (unix !== undefined) return { type: "9p-unix", options: { path: unix } };
  const tcp = /^tcp:(?:\[(?<six>[0-9a-fA-F:.]+)\]:|(?<host>[^:[\]]*):)?(?<port>\d{1,5})$/.exec(
    address,
  )?.groups;
  const port = Number(tcp?.port);
  if (!(port <= 65535)) return undefined;
  const host = tcp?.six ?? tcp?.host ?? "";
  return { type: "9p-tcp", options: host === "" ? { port } : { host, port } };
}
