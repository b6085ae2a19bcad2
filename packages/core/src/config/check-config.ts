import type { Mistake } from "../contracts/config-error.ts";
import { interfacesOfType } from "../device-tree/device-types.ts";
import { showValue } from "../options/schema-mistakes.ts";
import type { DeviceConfig, FsdevConfig, PlainOptions } from "./server-config.ts";

/** A part of a configuration, and where its author wrote it. */
export interface Located<Value> {
  readonly at: readonly PropertyKey[];
  readonly value: Value;
  /** The author gave no mount tag. */
  readonly tagMissing?: boolean;
}

type Place = (path: readonly PropertyKey[]) => string;

/** QEMU's own limit, which its device models share (hw/9pfs: MAX_TAG_LEN with the final NUL). */
const MAX_TAG_BYTES = 31;

/** What is wrong beyond the shape: ids, references, mount tags, ends that two devices want. */
export function checkConfig(
  fsdevs: readonly Located<FsdevConfig>[],
  devices: readonly Located<DeviceConfig>[],
  place: Place,
): Mistake[] {
  return [
    ...fsdevs.flatMap((fsdev) => [...checkId(fsdev, place), ...checkFsdevOptions(fsdev, place)]),
    ...checkTwice(fsdevs, place),
    ...devices.flatMap((device) => [
      ...checkId(device, place),
      ...checkReference(device, fsdevs, place),
      ...checkTag(device, place),
      ...checkPlain(place(device.at), device.value.options),
    ]),
    ...checkTwice(devices, place),
    ...checkSameEnd(devices, place),
  ];
}

function checkId({ at, value }: Located<{ readonly id?: string }>, place: Place): Mistake[] {
  if (value.id === undefined || /^[A-Za-z][-._A-Za-z0-9]*$/.test(value.id)) return [];
  return [
    {
      code: "ERR_CONFIG_VALUE",
      path: place(at),
      option: "id",
      value: value.id,
      problem: `id ${showValue(value.id)} is not allowed`,
      hint: "a letter, then letters, digits, - . _",
    },
  ];
}

function checkTwice(entries: readonly Located<{ readonly id?: string }>[], place: Place): Mistake[] {
  const seen = new Map<string, Located<unknown>>();
  return entries.flatMap((entry): Mistake[] => {
    const { id } = entry.value;
    if (id === undefined) return [];
    const before = seen.get(id);
    seen.set(id, entry);
    if (before === undefined) return [];
    return [
      {
        code: "ERR_CONFIG_DUPLICATE",
        path: place(entry.at),
        option: "id",
        value: id,
        problem: `id "${id}" is taken by ${place(before.at)}`,
        hint: "give each an id of its own",
      },
    ];
  });
}

function checkFsdevOptions({ at, value }: Located<FsdevConfig>, place: Place): Mistake[] {
  return [
    ...checkPlain(place(at), value.options),
    ...value.layers.flatMap((layer, index) => checkPlain(place([...at, "layers", index]), layer.options)),
  ];
}

/** Options cross processes: only plain data can. */
function checkPlain(path: string, options: PlainOptions): Mistake[] {
  return Object.entries(options)
    .filter(([, value]) => !isPlain(value))
    .map(([option, value]) => ({
      code: "ERR_CONFIG_VALUE",
      path,
      option,
      value,
      problem: `key "${option}" holds something else than plain data`,
      hint: "text, numbers, true, false, null, lists and maps are plain data",
    }));
}

function isPlain(value: unknown): boolean {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain);
}

function checkReference(
  { at, value }: Located<DeviceConfig>,
  fsdevs: readonly Located<FsdevConfig>[],
  place: Place,
): Mistake[] {
  if (fsdevs.some((fsdev) => fsdev.value.id === value.fsdev)) return [];
  const ids = fsdevs.map((fsdev) => fsdev.value.id).join(", ");
  return [
    {
      code: "ERR_CONFIG_REFERENCE",
      path: place(at),
      option: "fsdev",
      value: value.fsdev,
      problem: `there is no fsdev "${value.fsdev}"`,
      hint: ids === "" ? "none is configured: add one" : `configured: ${ids}`,
    },
  ];
}

function checkTag({ at, value, tagMissing }: Located<DeviceConfig>, place: Place): Mistake[] {
  if (!interfacesOfType(value.type).some((one) => one === "virtio-9p" || one === "xen-9p")) return [];
  const mistake = { path: place(at), option: "mount_tag" };
  if (tagMissing === true) {
    return [
      {
        ...mistake,
        code: "ERR_CONFIG_MISSING",
        problem: 'key "mount_tag" is missing',
        hint: "the name that the guest mounts by",
      },
    ];
  }
  if (Buffer.byteLength(value.mountTag) <= MAX_TAG_BYTES) return [];
  return [
    {
      ...mistake,
      code: "ERR_CONFIG_VALUE",
      value: value.mountTag,
      problem: `key "mount_tag" is ${showValue(value.mountTag)}`,
      hint: `at most ${MAX_TAG_BYTES} bytes`,
    },
  ];
}

/** Two devices of one type, tag and set of options would serve one end. Without options there is no end yet. */
function checkSameEnd(devices: readonly Located<DeviceConfig>[], place: Place): Mistake[] {
  const seen = new Map<string, Located<DeviceConfig>>();
  return devices.flatMap((device): Mistake[] => {
    const { type, mountTag, options } = device.value;
    if (Object.keys(options).length === 0) return [];
    const end = JSON.stringify([
      type,
      mountTag,
      Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
    const before = seen.get(end);
    seen.set(end, device);
    if (before === undefined) return [];
    return [
      {
        code: "ERR_CONFIG_DUPLICATE",
        path: place(device.at),
        problem: `${type} has the same options as ${place(before.at)}`,
        hint: "two devices cannot share one end",
      },
    ];
  });
}
