import type { UsageLine } from "@ninefold/core/contracts";

/** QEMU's limit of a vhost-user device's configuration space. */
const QEMU_MAX_CONFIG_BYTES = 256;

export interface UsageFacts {
  readonly mountTag: string;
  /** Absolute path. */
  readonly socket: string;
  /** Whether this end listens. */
  readonly server: boolean;
  /** Size of the configuration space: 2 + the tag's bytes. */
  readonly configBytes: number;
}

/** What the user pastes for each VMM, and in the guest. */
export function usage(facts: UsageFacts): readonly UsageLine[] {
  return [...vmmUsage(facts), { title: "in the guest", text: mountCommand(facts.mountTag) }];
}

function vmmUsage({ mountTag, socket, server, configBytes }: UsageFacts): readonly UsageLine[] {
  // Several devices may be pasted into one command line: each needs a name of its own, of QEMU's alphabet.
  const id = `share-${mountTag.replaceAll(/[^\w.-]/g, "_")}`;
  // QEMU reads a comma in an option's value doubled.
  const path = socket.replaceAll(",", ",,");
  const chardev = `-chardev ${quote(`socket,id=${id},path=${path}${server ? "" : ",server=on,wait=on"}`)}`;
  const memory = "-object memory-backend-memfd,id=mem,size=1G,share=on -m 1G";
  const device = `chardev=${id},virtio-id=9,num_vqs=1,vq_size=128,config_size=${configBytes}`;
  const qemu: readonly UsageLine[] = [
    {
      title: "QEMU 10.2 or later, PCI (q35, pc); size and -m are the guest's memory",
      text: `${memory} -machine q35,memory-backend=mem ${chardev} -device vhost-user-test-device-pci,${device}`,
    },
    {
      title: "QEMU 10.2 or later, virtio-mmio (microvm)",
      text:
        `${memory} -M microvm,memory-backend=mem -global virtio-mmio.force-legacy=false ` +
        `${chardev} -device vhost-user-test-device,${device}`,
    },
  ];
  const uml: readonly UsageLine[] = server
    ? [{ title: "User-Mode Linux", text: quote(`virtio_uml.device=${socket}:9`) }]
    : [];
  return configBytes > QEMU_MAX_CONFIG_BYTES ? uml : [...qemu, ...uml];
}

function mountCommand(tag: string): string {
  return `mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 ${quote(tag)} /mnt`;
}

/** As one word for a shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
