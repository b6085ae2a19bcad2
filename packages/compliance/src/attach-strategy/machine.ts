import type { Machine, MachineDevice, MachineFsdev, Offer } from "@ninefold/core/contracts";

/** What there is on a machine; nothing when absent. */
export interface MachineParts {
  readonly devices?: readonly MachineDevice[];
  readonly fsdevs?: readonly MachineFsdev[];
}

/** A machine of these parts; devices are found in the order of their tree paths, as the kernel's are. */
export function machineOf({ devices = [], fsdevs = [] }: MachineParts): Machine {
  const sorted = devices.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return {
    findDevices: (predicate) => sorted.filter(predicate),
    findFsdev: (id) => fsdevs.find((fsdev) => fsdev.id === id),
    fsdevs: () => fsdevs,
  };
}

/** An offer of domain 1, device 0, with the tag `share`, and what is given. */
export function anOffer(parts: Partial<Offer> = {}): Offer {
  const { kind = "9pfs", domid = 1, devid = 0 } = parts;
  return {
    id: `${kind}/${domid}/${devid}`,
    kind,
    domid,
    devid,
    domainName: undefined,
    backendPath: `/local/domain/0/backend/${kind}/${domid}/${devid}`,
    frontendPath: `/local/domain/${domid}/device/9pfs/${devid}`,
    tag: "share",
    path: undefined,
    securityModel: undefined,
    fsdev: undefined,
    limits: { maxSpace: 0, maxFiles: 0, maxOpenFiles: 0, autoDelete: false },
    ...parts,
  };
}

/** A realized virtio-9p device of fsdev `fs0` with the tag `share`, and what is given. */
export function aDevice(id: string, parts: Partial<MachineDevice> = {}): MachineDevice {
  return {
    path: `/machine/peripheral/${id}`,
    id,
    type: "virtio-9p-pci",
    interfaces: ["virtio-9p"],
    fsdev: "fs0",
    mountTag: "share",
    state: "realized",
    takenBy: undefined,
    ...parts,
  };
}

/** A local fsdev, and what is given. */
export function aFsdev(id: string, parts: Partial<MachineFsdev> = {}): MachineFsdev {
  return { id, driver: "local", options: { path: `/srv/${id}` }, ...parts };
}
