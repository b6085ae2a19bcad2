import type {
  AttachStrategy,
  Decision,
  Machine,
  MachineDevice,
  MachineFsdev,
  Offer,
} from "@ninefold/core/contracts";
import { onOff } from "@ninefold/core/options";
import { z } from "zod";
import { findDevice } from "./find-device.ts";
import { describeOffer, list, refuse, refuseWithoutTag } from "./wording.ts";

/** Options of `steal`. */
export interface StealOptions {
  /** Take a device also from a VMM that holds it: its guest gets ENODEV. */
  readonly force: boolean;
}

/** What `stealing` makes a strategy of. */
export interface StealingOptions {
  /** `steal` unless given. */
  readonly name?: string;
  readonly description?: string;
  /** Which devices may be taken; virtio-9p devices unless given. Pure: asked any number of times. */
  readonly isStealable?: (device: MachineDevice) => boolean;
}

/**
 * Takes a device of the machine for the offer: the device tree is searched by what devices are, so that nobody has to keep
 * a table of them. A device that is taken serves nobody else until the offer ends.
 */
export function stealing({
  name = "steal",
  description = "takes the virtio-9p device that fits: by tag, then path, then devid order",
  isStealable = ({ interfaces }) => interfaces.includes("virtio-9p"),
}: StealingOptions = {}): AttachStrategy<StealOptions> {
  return {
    name,
    description,
    schema: z.strictObject({
      force: onOff()
        .prefault("off")
        .meta({ description: "take a device also from a VMM that holds it; its guest gets ENODEV" }),
    }),
    match: (offer, machine, { force }) => steal(offer, machine, force, isStealable),
  };
}

function steal(
  offer: Offer,
  machine: Machine,
  force: boolean,
  isStealable: (device: MachineDevice) => boolean,
): Decision {
  const all = machine.findDevices(isStealable).filter(({ fsdev }) => machine.findFsdev(fsdev) !== undefined);
  const found = findDevice(offer, all, (device) => hostPath(machine.findFsdev(device.fsdev)));
  if (found.kind === "none") {
    const mend =
      all.length === 0
        ? `there is none: add -device virtio-9p-pci,fsdev=ID,mount_tag=${offer.tag ?? "TAG"}`
        : `there are ${list(all.map(describeDevice))}; give one of them mount_tag=${offer.tag ?? "TAG"}`;
    return refuse("no-match", `no device fits ${describeOffer(offer)}: ${mend}`, paths(all));
  }
  if (found.kind === "several") {
    const reason = `${found.devices.length} devices fit ${describeOffer(offer)} equally (${list(paths(found.devices))}): give each a mount_tag of its own`;
    return refuse("ambiguous", reason, paths(found.devices));
  }
  const { device, rule } = found;
  if (device.takenBy !== undefined || device.state === "taken") {
    const holder = device.takenBy ?? "another offer";
    return refuse(
      "held",
      `${device.path} fits by ${rule}, but offer ${holder} has it: add a -device of its own for this offer`,
      [device.path],
    );
  }
  if (device.state === "connected" && !force) {
    const reason = `${device.path} fits by ${rule}, but a VMM holds it: end that VM, or set force=on, which gives its guest ENODEV`;
    return refuse("held", reason, [device.path]);
  }
  const mountTag = offer.tag ?? device.mountTag;
  if (mountTag === "") return refuseWithoutTag(offer);
  const reason = `${device.path} fits by ${rule}${device.state === "connected" ? ", and is taken from a VMM" : ""}`;
  return { kind: "attach", fsdev: device.fsdev, mountTag, device: device.path, reason };
}

function hostPath(fsdev: MachineFsdev | undefined): string | undefined {
  const path = fsdev?.options.path;
  return typeof path === "string" ? path : undefined;
}

function describeDevice({ path, mountTag }: MachineDevice): string {
  return `${path} (mount_tag "${mountTag}")`;
}

function paths(devices: readonly MachineDevice[]): string[] {
  return devices.map(({ path }) => path);
}
