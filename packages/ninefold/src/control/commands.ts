import { isAbsolute } from "node:path";
import { z } from "zod";
import { type ControlCommand, controlCommand, NO_ARGUMENTS } from "./command.ts";

const entry = z.looseObject({});
const named = z.strictObject({ id: z.string(), force: z.boolean().default(false) });

const forced = z.strictObject({ force: z.boolean().default(false) });

const handed = z.strictObject({
  config: z.strictObject({
    fsdevs: z.unknown().optional(),
    devices: z.unknown().optional(),
    xen: z.unknown().optional(),
  }),
  directory: z.string().refine((path) => isAbsolute(path), { error: "must be an absolute path" }),
});

/** What the control socket can be asked, by the name in a request. `controlCommand` says how to add one. */
export const COMMANDS: Readonly<Record<string, ControlCommand>> = {
  status: controlCommand(NO_ARGUMENTS, (server) => ({
    pid: process.pid,
    ...server.status(),
    guests: server.guests(),
  })),
  /** Answers what became of each difference: `{ applied, refused }`. */
  reload: controlCommand(forced, (server, how) => server.reload(how)),
  "fsdev-list": controlCommand(NO_ARGUMENTS, ({ fsdevs, devices }) =>
    fsdevs.map((fsdev) => ({
      ...fsdev,
      devices: devices.find({ fsdev: fsdev.id }).map(({ path }) => path),
    })),
  ),
  /** Its arguments are an fsdev of a configuration's list: `{ id, driver, … }`. */
  "fsdev-add": controlCommand(entry, (server, fsdev) => server.addFsdev(fsdev)),
  "fsdev-del": controlCommand(named, async (server, { id, force }) => ({
    fsdev: id,
    devices: await server.removeFsdev(id, { force }),
  })),
  "device-list": controlCommand(NO_ARGUMENTS, ({ devices }) => devices.find()),
  /** Its arguments are a device of a configuration's list: `{ type, fsdev, mount_tag, … }`. */
  "device-add": controlCommand(entry, async (server, given) => {
    const device = await server.addDevice(given);
    const usage = server.usage().find(({ device: path }) => path === device.path);
    return { device, usage: usage?.lines ?? [] };
  }),
  "device-del": controlCommand(named, (server, { id, force }) =>
    server.removeDevice(id, { onlyIdle: !force }),
  ),
  /** A guest's part of a configuration is served until the connection ends. */
  "guest-serve": controlCommand(handed, async (server, { config, directory }, connection) => {
    const guest = await server.serveGuest(config, directory);
    connection.onEnd(() => guest.close());
    return { pid: process.pid, domid: guest.domid };
  }),
};
