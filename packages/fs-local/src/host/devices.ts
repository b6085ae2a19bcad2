import type { Logger } from "@ninefold/core/contracts";
import { asyncFiles, Errno, StatfsBuffer, type StatxBuffer } from "@ninefold/native";
import { Device, type DeviceIdentity, freeSlot, preferredSlot } from "./device.ts";

/** What happens to files on other devices than the root's (QEMU's `multidevs`). */
export type Multidevs = "remap" | "forbid" | "warn";

/**
 * The file systems that a tree has met. The root's device keeps its inode numbers; those of others get a mark of the
 * device in their upper bits (`remap`), stay as they are (`warn`, with one line in the log), or are not served (`forbid`).
 */
export class Devices {
  readonly #byNumber = new Map<number, Device>();
  readonly #multidevs: Multidevs;
  readonly #log: Logger;
  #last: Device | undefined;

  constructor(multidevs: Multidevs, log: Logger) {
    this.#multidevs = multidevs;
    this.#log = log;
  }

  /** The device of what was asked about, unless it is met for the first time. */
  known(stat: StatxBuffer): Device | undefined {
    const last = this.#last;
    const { devMajor, devMinor } = stat;
    if (last !== undefined && last.minor === devMinor && last.major === devMajor) return last;
    const device = this.#byNumber.get(numberOf(devMajor, devMinor));
    if (device !== undefined) this.#last = device;
    return device;
  }

  /** Makes the device of `fd` known, of which `stat` tells. 0 or a negative errno. */
  async meet(fd: number, stat: StatxBuffer): Promise<number> {
    const { devMajor: major, devMinor: minor } = stat;
    const statfs = new StatfsBuffer();
    const status = await asyncFiles.fstatfs(fd, statfs);
    const { fsidLow, fsidHigh, type } = statfs;
    statfs.close();
    if (status < 0) return status;
    if (this.#byNumber.has(numberOf(major, minor))) return 0;
    const hasFsid = fsidLow !== 0 || fsidHigh !== 0;
    return this.#add({
      major,
      minor,
      idLow: hasFsid ? fsidLow : minor,
      idHigh: hasFsid ? fsidHigh : major,
      type,
    });
  }

  *[Symbol.iterator](): Iterator<Device> {
    yield* this.#byNumber.values();
  }

  #add(identity: DeviceIdentity): number {
    const isRoot = this.#byNumber.size === 0;
    if (!isRoot && this.#multidevs === "forbid") return -Errno.ENODEV;
    const slot = isRoot || this.#multidevs === "warn" ? undefined : this.#slotFor(identity);
    const device = new Device(identity, slot);
    this.#byNumber.set(numberOf(identity.major, identity.minor), device);
    const fields = { device: `${identity.major}:${identity.minor}`, local: device.isLocal };
    if (!isRoot && this.#multidevs === "warn") {
      this.#log.warn("another device in the tree: its inode numbers may collide (multidevs=warn)", fields);
    } else {
      this.#log.debug("device met", fields);
    }
    return 0;
  }

  /** Two devices that want one slot: the later one gets the next, which a restart may decide the other way round. */
  #slotFor(identity: DeviceIdentity): number | undefined {
    const taken = new Set([...this.#byNumber.values()].map((device) => device.slot));
    const preferred = preferredSlot(identity.idLow, identity.idHigh);
    const slot = freeSlot(preferred, (each) => taken.has(each));
    if (slot !== preferred) {
      this.#log.warn("two devices have the same mark: inode numbers of one may differ after a restart", {
        device: `${identity.major}:${identity.minor}`,
      });
    }
    return slot;
  }
}

function numberOf(major: number, minor: number): number {
  return major * 0x1_0000_0000 + minor;
}
