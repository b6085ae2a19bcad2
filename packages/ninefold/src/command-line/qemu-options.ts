import { ConfigError } from "@ninefold/core";

type Options = Readonly<Record<string, string>>;
type Entry = Record<string, unknown>;

/** `-fsdev DRIVER,id=ID,…` as an entry of `fsdevs`. */
export function fsdevOf(options: Options, text: string): { id: string; fsdev: Entry } {
  const { fsdriver, id, ...rest } = options;
  return {
    id: required("-fsdev", "id", id, text),
    fsdev: { driver: required("-fsdev", "the driver's name as its first word", fsdriver, text), ...rest },
  };
}

/** `-device TYPE,fsdev=ID,mount_tag=TAG,…` as an entry of `devices`. */
export function deviceOf(options: Options, text: string): Entry {
  const { driver, ...rest } = options;
  return { type: required("-device", "the device's type as its first word", driver, text), ...rest };
}

/** Keys of `-virtfs` that describe the device; all others are the fsdev's, whatever its driver calls them. */
const DEVICE_KEYS = ["mount_tag", "socket", "socket-mode", "socket-group", "server", "queue-size"];

/** QEMU's shorthand: one fsdev and one virtio-9p-pci device. Unlike QEMU's, it forwards every option. */
export function virtfsOf(options: Options, text: string): { id: string; fsdev: Entry; device: Entry } {
  const { fsdriver, id: given, ...rest } = options;
  const tag = required("-virtfs", "mount_tag", rest.mount_tag, text);
  const id = given ?? tag;
  if (!/^[A-Za-z][-._A-Za-z0-9]*$/.test(id)) {
    throw new ConfigError({
      code: "ERR_CONFIG_VALUE",
      path: `-virtfs ${text}`,
      problem: `mount_tag "${tag}" cannot be the fsdev's id as well`,
      value: tag,
      hint: "add id=NAME (a letter, then letters, digits, - . _)",
    });
  }
  const fsdev: Entry = { driver: required("-virtfs", "the driver's name as its first word", fsdriver, text) };
  const device: Entry = { type: "virtio-9p-pci", fsdev: id };
  for (const [key, value] of Object.entries(rest)) (DEVICE_KEYS.includes(key) ? device : fsdev)[key] = value;
  return { id, fsdev, device };
}

/** `-listen ADDRESS,fsdev=ID,…` as an entry of `listen`. */
export function listenerOf(options: Options, text: string): Entry {
  return {
    ...options,
    address: required("-listen", "an address (unix:PATH or tcp:HOST:PORT)", options.address, text),
  };
}

function required(option: string, what: string, value: string | undefined, text: string): string {
  if (value !== undefined && value !== "") return value;
  throw new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: `${option} ${text}`,
    problem: `${what} is missing`,
    hint: `add ${what}`,
  });
}
