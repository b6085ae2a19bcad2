import { ConfigError, parseOptionString } from "@ninefold/core";
import { serveListening, serveUnix, type UnixServer } from "../control/unix-server.ts";
import { type QmpMachine, QmpSession } from "./qmp-session.ts";

/** Where libxl, or xenstat, talks QMP to a device model. */
interface Monitor {
  readonly id: string;
  readonly option: string;
  /** A path to listen on, or the number of a descriptor that listens. */
  readonly place: string | number;
}

export interface MonitoredMachine extends Omit<QmpMachine, "chardevs"> {
  /** A client has left. */
  left(): void;
}

/**
 * Listens where `-chardev socket,…` and `-mon chardev=…` say. Throws ConfigError, and nothing is left then. A path is
 * removed at the end.
 */
export async function openMonitors(
  chardevs: readonly string[],
  monitors: readonly string[],
  machine: MonitoredMachine,
): Promise<UnixServer> {
  const all = monitorsOf(chardevs, monitors);
  const described = all.map(({ id, place }) => ({
    label: id,
    filename: typeof place === "string" ? `disconnected:unix:${place},server=on` : `disconnected:fd:${place}`,
    "frontend-open": true,
  }));
  await using stack = new AsyncDisposableStack();
  for (const { place, option } of all) {
    const talk = (socket: Parameters<Parameters<typeof serveUnix>[2]>[0]): void => {
      const session = new QmpSession({ ...machine, chardevs: described }, (text) => {
        if (socket.writable) socket.write(text);
      });
      socket.on("data", (chunk) => {
        if (!session.take(chunk)) socket.destroy();
      });
      socket.on("end", () => socket.end());
      socket.on("error", () => socket.destroy());
      socket.on("close", () => machine.left());
    };
    const server =
      typeof place === "string"
        ? await serveUnix(place, option, talk)
        : await serveListening(place, option, talk);
    stack.defer(() => server.close());
  }
  const opened = stack.move();
  return { close: () => opened.disposeAsync() };
}

function monitorsOf(chardevs: readonly string[], monitors: readonly string[]): Monitor[] {
  const places = new Map(
    chardevs.map((text): [string, Monitor] => {
      const { backend, id, path, fd, server } = parseOptionString(text, { impliedKey: "backend" });
      const option = `-chardev ${text}`;
      if (backend !== "socket" || server !== "on" || id === undefined)
        throw unknown(option, "only socket,id=…,server=on is served");
      if (path !== undefined) return [id, { id, option, place: path }];
      if (fd === undefined || !/^\d{1,6}$/.test(fd)) throw unknown(option, "path or fd is missing");
      return [id, { id, option, place: Number(fd) }];
    }),
  );
  return monitors.map((text) => {
    const { chardev = "", mode } = parseOptionString(text, { impliedKey: "chardev" });
    const place = places.get(chardev);
    if (mode !== "control") throw unknown(`-mon ${text}`, "only mode=control (QMP) is served");
    if (place === undefined) throw unknown(`-mon ${text}`, `there is no -chardev with the id "${chardev}"`);
    return place;
  });
}

function unknown(path: string, problem: string): ConfigError {
  return new ConfigError({ code: "ERR_CONFIG_VALUE", path, problem, hint: "leave it to libxl" });
}
