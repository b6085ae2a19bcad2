import { z } from "zod";
import { onOff, wholeNumber } from "../options/option-values.ts";
import type { LogConfig } from "./server-config.ts";
import { type XenEntry, xenSchema } from "./xen-config.ts";

const name = z.string().min(1, { error: "must not be empty" });

const layer = z.union(
  [
    name,
    z.looseObject({ layer: name.meta({ description: "the layer's name; other keys are its options" }) }),
  ],
  { error: "must be a layer's name, or a map with the key layer" },
);

const fsdevShape = {
  driver: name.meta({ description: "the name of a driver, such as local; other keys are its options" }),
  layers: z.array(layer).optional().meta({ description: "from the inside out" }),
  max_xattr: wholeNumber({ max: 0xffff_ffff }).optional().meta({
    description:
      "extended attributes that a session reads or writes at once; 0 is no limit, 1024 when absent",
  }),
  throttling: z
    .record(z.string(), z.unknown(), { error: "must be a map such as { bps-total: 10M }" })
    .optional()
    .meta({ description: "options of a layer throttle around the driver; also as throttling.bps-total" }),
};

const fsdevs = z.union(
  [z.record(z.string(), z.looseObject(fsdevShape)), z.array(z.looseObject({ id: name, ...fsdevShape }))],
  { error: "must be a map of fsdevs by id, or a list of fsdevs with ids" },
);

const device = z.looseObject({
  id: name
    .optional()
    .meta({ description: "its name in the device tree, unlike all others'; a number when absent" }),
  type: name.meta({ description: "a device type, such as virtio-9p-pci; other keys are its options" }),
  fsdev: name.meta({ description: "the id of an fsdev" }),
  mount_tag: name.optional().meta({ description: "what the guest mounts by; the fsdev's id when absent" }),
});

const listener = z.looseObject({
  id: name.optional().meta({ description: "its name in the device tree; a number when absent" }),
  address: name.meta({ description: "unix:PATH or tcp:HOST:PORT" }),
  fsdev: name.meta({ description: "the id of an fsdev" }),
  mount_tag: name.optional().meta({ description: "what its events call it; the fsdev's id when absent" }),
});

const log = z.strictObject({
  level: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .optional()
    .meta({ description: "what is logged: this and what is worse; `info` when absent" }),
  format: z.enum(["auto", "pretty", "json"]).optional().meta({
    description: "for people or for machines; `auto`, when absent, is pretty in a terminal",
  }),
  trace: onOff().optional().meta({ description: "one line for each 9P message; off when absent" }),
});

const limits = z.strictObject({
  fids: wholeNumber({ min: 1 })
    .optional()
    .meta({ description: "files and places that its guest holds; 1048576 when absent" }),
  xattr_fids: wholeNumber().optional().meta({
    description:
      "of these, extended attributes that are being read or written; 1024 when absent, 0 is no limit",
  }),
  open_files: wholeNumber()
    .optional()
    .meta({ description: "files and folders that are open at once; 0, when absent, is no limit" }),
  requests_in_flight: wholeNumber({ min: 1 })
    .optional()
    .meta({ description: "requests that are not answered yet; one more gets EAGAIN; 4096 when absent" }),
});

/** A configuration as people write it: YAML's plain data. */
const schema = z.strictObject({
  plugins: z
    .array(name)
    .optional()
    .meta({ description: "npm packages, or paths, that bring drivers and transports" }),
  fsdevs: fsdevs.optional().meta({ description: "what is shared: file trees by id" }),
  devices: z
    .array(device)
    .optional()
    .meta({ description: "whom it is shared with: devices of virtual machines" }),
  listen: z.array(listener).optional().meta({ description: "sockets that guests mount from" }),
  xen: xenSchema.optional().meta({ description: "how offers of a Xen toolstack are answered" }),
  control: name
    .optional()
    .meta({ description: "path of the control socket, which ninefold status asks; none when absent" }),
  inline: onOff()
    .optional()
    .meta({ description: "serve in one process instead of one for each fsdev; off when absent" }),
  restart: onOff().optional().meta({
    description:
      "serve an fsdev again when its process has died, after a while that grows; its guests mount again. off when absent",
  }),
  log: log.optional().meta({ description: "what is logged, and how" }),
  limits: limits.optional().meta({ description: "what one session may take" }),
});

interface Open {
  readonly [option: string]: unknown;
}

export interface FsdevEntry extends Open {
  readonly driver: string;
  readonly layers?: readonly (string | LayerEntry)[] | undefined;
  readonly max_xattr?: number | undefined;
  readonly throttling?: Readonly<Record<string, unknown>> | undefined;
}

export interface LayerEntry extends Open {
  readonly layer: string;
}

interface DeviceEntry extends Open {
  readonly id?: string | undefined;
  readonly type: string;
  readonly fsdev: string;
  readonly mount_tag?: string | undefined;
}

interface ListenEntry extends Open {
  readonly id?: string | undefined;
  readonly address: string;
  readonly fsdev: string;
  readonly mount_tag?: string | undefined;
}

interface LimitsEntry {
  readonly fids?: number | undefined;
  readonly xattr_fids?: number | undefined;
  readonly open_files?: number | undefined;
  readonly requests_in_flight?: number | undefined;
}

/** What `parseConfig` goes on with: checked in shape, not yet in meaning. */
export interface ConfigFile {
  readonly plugins?: readonly string[] | undefined;
  readonly fsdevs?:
    | Readonly<Record<string, FsdevEntry>>
    | readonly (FsdevEntry & { id: string })[]
    | undefined;
  readonly devices?: readonly DeviceEntry[] | undefined;
  readonly listen?: readonly ListenEntry[] | undefined;
  readonly xen?: XenEntry | undefined;
  readonly control?: string | undefined;
  readonly inline?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly log?: { readonly [Key in keyof LogConfig]?: LogConfig[Key] | undefined } | undefined;
  readonly limits?: LimitsEntry | undefined;
}

export const configSchema: z.ZodType<ConfigFile> = schema;

/** The form of a configuration file as JSON Schema, for editors. Drivers' own options are not in it. */
export function configJsonSchema(): object {
  return z.toJSONSchema(schema, { io: "input" });
}
