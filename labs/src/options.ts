/** Which virtual machine: User-Mode Linux, or QEMU with virtio over PCI (q35) or over MMIO (microvm). */
export type GuestKind = "uml" | "qemu-pci" | "qemu-mmio";

/** One 9P share of a guest: a virtio device served at a socket or by QEMU itself, or a TCP server that the guest connects to. */
export interface GuestShare {
  /** The mount tag. For TCP, only a name in messages. */
  readonly tag: string;
  /** Where the guest mounts it, unless `mount` is false. */
  readonly mountpoint: string;
  /** Path of the socket where a vhost-user server listens: one virtio device. */
  readonly socket?: string;
  /** Path of the socket where a vfio-user server listens: one whole PCI device (qemu-pci only). */
  readonly vfioSocket?: string;
  /** A server for `trans=tcp` (QEMU only). Host names of this machine's loopback become the guest's way to it. */
  readonly tcp?: { readonly host: string; readonly port: number };
  /** A folder of the host that QEMU serves itself (QEMU only). */
  readonly virtfs?: {
    readonly folder: string;
    readonly securityModel: string;
    /** Interrupts by messages that its PCI device has; with 0 a shared line. QEMU's default is 2. */
    readonly vectors?: number;
  };
  /** Further mount options, such as `cache=mmap`; a later one wins over the lab's own. */
  readonly options?: string;
  /** False: the device is there, the script mounts it itself. */
  readonly mount?: boolean;
}

export interface GuestOptions {
  readonly kind: GuestKind;
  readonly shares: readonly GuestShare[];
  /** What the guest runs, by sh; its status is the guest's. */
  readonly script: string;
  /** Add python3, git, sqlite3, attr, acl, openssl and the GNU tools. */
  readonly tools?: boolean;
  /** Default 256, with tools 768. */
  readonly memoryMiB?: number;
  /** A guest that takes longer is lost and gets killed. Default ten minutes: a busy machine boots ten times slower. */
  readonly timeoutMs?: number;
  /** Gets the output while it comes. */
  readonly onOutput?: (chunk: string) => void;
  /** The script talks with this process's terminal. */
  readonly interactive?: boolean;
  /** Files to put into the guest's root: path → content, executable. */
  readonly extraFiles?: Readonly<Record<string, string | Uint8Array>>;
  /** How often the guest may boot again (`reboot -f` in the script) before that ends it. Default 0. */
  readonly reboots?: number;
}
