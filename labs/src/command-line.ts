import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { GuestOptions, GuestShare } from "./options.ts";
import { qemuLab, umlLab } from "./prepare.ts";

/** Beside the console: what would only cost time in an emulated machine that lives for seconds. */
const KERNEL_OPTIONS = [
  ...["console=ttyS0", "quiet", "panic=-1", "random.trust_cpu=on"],
  ...["mitigations=off", "no5lvl", "nokaslr", "init_on_alloc=0", "cryptomgr.notests", "audit=0", "lsm="],
];

/** Whether the guest needs a network: only TCP shares do. */
export const needsNetwork = (options: GuestOptions): boolean => options.shares.some((share) => share.tcp);

/** How much memory the guest gets. The tools are unpacked into it, beside the archive that they come from. */
export const memoryOf = (options: GuestOptions): number => options.memoryMiB ?? (options.tools ? 768 : 256);

/**
 * The exact command that boots this guest, as `bootGuest` starts it: output on stdout, the kernel's console on stderr.
 * `initrd` is the file that holds the lab's initramfs and this run's files.
 */
export function commandLine(options: GuestOptions, initrd = "initramfs.cpio"): string[] {
  return options.kind === "uml" ? umlCommand(options, initrd) : qemuCommand(options, initrd);
}

function umlCommand(options: GuestOptions, initrd: string): string[] {
  const run = resolve(initrd, "..");
  return [
    // The kernel starts itself again, by its file and without another loader: so its libc is found by folder.
    ...["env", "-C", umlLab().folder, "LD_LIBRARY_PATH=.", "./linux.uml"],
    ...[`mem=${memoryOf(options)}M`, `initrd=${resolve(initrd)}`, "rdinit=/init", "quiet", "panic=-1"],
    ...["con=null", "con0=null,fd:2", "con1=fd:0,fd:1"],
    ...[`uml_dir=${run}/`, "umid=uml"],
    ...(options.reboots ? [] : ["noreboot"]),
    ...options.shares.flatMap((share) =>
      share.socket ? [`virtio_uml.device=${resolve(share.socket)}:9`] : [],
    ),
  ];
}

function qemuCommand(options: GuestOptions, initrd: string): string[] {
  const lab = qemuLab();
  const pci = options.kind === "qemu-pci";
  const memory = memoryOf(options);
  return [
    ...[...lab.program, "-L", lab.firmware],
    ...[
      "-accel",
      "tcg",
      "-cpu",
      "max",
      "-m",
      String(memory),
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
    ],
    ...["-machine", pci ? "q35,memory-backend=mem" : "microvm,memory-backend=mem"],
    // The usual firmware of a microvm puts its tables at the end of memory, where QEMU then loads the initramfs over them.
    ...(pci ? [] : ["-bios", `${lab.firmware}/qboot.rom`, "-global", "virtio-mmio.force-legacy=false"]),
    // The server maps this memory: it must be a file, and shared.
    ...["-object", `memory-backend-memfd,id=mem,size=${memory}M,share=on`],
    ...["-kernel", lab.kernel, "-initrd", initrd],
    ...[
      "-append",
      [...KERNEL_OPTIONS, ...(pci ? ["tsc=reliable"] : [`tsc_early_khz=${tscKhz()}`])].join(" "),
    ],
    ...["-chardev", "file,id=console,path=/dev/stderr,append=on", "-serial", "chardev:console"],
    ...["-chardev", options.interactive ? "stdio,id=out,mux=on,signal=off" : "stdio,id=out,signal=off"],
    ...[
      "-device",
      pci ? "virtio-serial-pci" : "virtio-serial-device",
      "-device",
      `${options.interactive ? "virtconsole" : "virtserialport"},chardev=out`,
    ],
    ...(needsNetwork(options) ? ["-netdev", "user,id=net"] : []),
    ...(needsNetwork(options)
      ? ["-device", pci ? "virtio-net-pci,netdev=net,romfile=" : "virtio-net-device,netdev=net"]
      : []),
    ...options.shares.flatMap((share, index) => qemuShare(share, index, pci)),
    ...(options.reboots ? [] : ["-no-reboot"]),
  ];
}

function qemuShare(share: GuestShare, index: number, pci: boolean): string[] {
  if (share.vfioSocket) {
    const socket = { type: "unix", path: resolve(share.vfioSocket) };
    return ["-device", JSON.stringify({ driver: "vfio-user-pci", socket })];
  }
  if (share.virtfs) {
    const folder = resolve(share.virtfs.folder).replaceAll(",", ",,");
    const fsdev = `local,id=virtfs${index},path=${folder},security_model=${share.virtfs.securityModel}`;
    const device = pci ? "virtio-9p-pci" : "virtio-9p-device";
    const { vectors } = share.virtfs;
    const interrupts = pci && vectors !== undefined ? `,vectors=${vectors}` : "";
    const tag = share.tag.replaceAll(",", ",,");
    return [
      ...["-fsdev", fsdev],
      ...["-device", `${device},fsdev=virtfs${index},mount_tag=${tag}${interrupts}`],
    ];
  }
  if (!share.socket) return [];
  // The configuration space is the tag with its length; a device without any stops the guest kernel.
  const configSize = 2 + Buffer.byteLength(share.tag);
  const device = pci ? "vhost-user-test-device-pci" : "vhost-user-test-device";
  return [
    ...["-chardev", `socket,id=share${index},path=${resolve(share.socket).replaceAll(",", ",,")}`],
    ...[
      "-device",
      `${device},chardev=share${index},virtio-id=9,num_vqs=1,vq_size=128,config_size=${configSize}`,
    ],
  ];
}

/**
 * The rate of the counter that an emulated machine shows as its own. A microvm has no second clock to measure it by,
 * and a kernel that does not know it waits for ever; one that is told a wrong rate only keeps wrong time.
 */
function tscKhz(): number {
  const cpu = readFileSync("/proc/cpuinfo", "utf8");
  const nominal = /^model name.*@ ([\d.]+)GHz/m.exec(cpu)?.[1];
  const current = /^cpu MHz\s*: ([\d.]+)/m.exec(cpu)?.[1];
  return Math.round(nominal ? Number(nominal) * 1e6 : Number(current ?? 2000) * 1e3);
}
