import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { delimiter, join } from "node:path";
import { type Finding, finding, type Section } from "./finding.ts";

/** Looks at this machine; changes nothing. */
export async function examine(): Promise<readonly Section[]> {
  return [
    { way: "the server itself", findings: [node(), platform(), await native(), descriptors()] },
    {
      way: "host folders (-fsdev local)",
      findings: [linux(5, 6, "openat2; from 5.12 on it answers from the cache"), owner()],
    },
    {
      way: "virtio devices by vhost-user (-device virtio-9p-pci)",
      findings: [linux(4, 14, "memfd and eventfd"), sharedMemory(), ...vmms()],
    },
    { way: "sockets (-listen)", findings: [{ state: "ok", what: "Unix and TCP sockets" }] },
    { way: "Xen guests (-xen-attach)", findings: xen() },
  ];
}

function node(): Finding {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return finding(major >= 24, `Node ${process.versions.node}`, "install Node 24 or newer");
}

function platform(): Finding {
  const isFull = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  return finding(
    isFull,
    `${process.platform} on ${process.arch}`,
    "host folders, virtio and Xen need Linux on x64 or arm64; the memory and sqlite drivers and sockets work here",
    "note",
  );
}

async function native(): Promise<Finding> {
  try {
    const { isSupported } = (await import("@ninefold/native")) as { readonly isSupported?: boolean };
    return finding(
      isSupported !== false,
      "system calls (@ninefold/native)",
      "see the platforms in README.md",
    );
  } catch (error) {
    return {
      state: "missing",
      what: `system calls (@ninefold/native): ${error instanceof Error ? error.message : String(error)}`,
      mend: "npm install again without --omit=optional; on musl, use a glibc image",
    };
  }
}

/** One descriptor for each object that guests hold, and some more. */
function descriptors(): Finding {
  const limits = read("/proc/self/limits");
  const [, soft = "0", hard = "0"] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits) ?? [];
  return finding(
    Number(hard) >= 65_536 || limits === "",
    `open files: ${soft}, at most ${hard}`,
    "raise the limit: ulimit -Hn 65536, or LimitNOFILE=65536 in the service",
    "note",
  );
}

function linux(major: number, minor: number, what: string): Finding {
  const [ours = 0, oursMinor = 0] = release()
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  const isNewer = ours > major || (ours === major && oursMinor >= minor);
  return finding(
    process.platform === "linux" && isNewer,
    `Linux ${release()} (${major}.${minor} or newer: ${what})`,
    `a host with Linux ${major}.${minor} or newer`,
    process.platform === "linux" ? "note" : "missing",
  );
}

function owner(): Finding {
  return finding(
    process.getuid?.() === 0,
    "root, for security_model=passthrough: owners are kept on the host",
    "run as root, or use security_model=none",
    "note",
  );
}

function sharedMemory(): Finding {
  return finding(
    existsSync("/proc/self/ns/ipc") && isWritable("/dev/shm"),
    "shared memory (memfd, /dev/shm)",
    "mount -t tmpfs tmpfs /dev/shm; guests need memory that is shared: memory-backend-memfd,share=on",
    "note",
  );
}

/** vhost-user-test-device, which takes any virtio device of another process, came with QEMU 10.2. */
const QEMU_WITH_DEVICE = [10, 2] as const;

function vmms(): Finding[] {
  const qemu = versionOf(`qemu-system-${process.arch === "arm64" ? "aarch64" : "x86_64"}`);
  const [major = 0, minor = 0] = qemu?.split(".").map(Number) ?? [];
  const isNew =
    major > QEMU_WITH_DEVICE[0] || (major === QEMU_WITH_DEVICE[0] && minor >= QEMU_WITH_DEVICE[1]);
  return [
    finding(
      isNew,
      qemu === undefined ? "QEMU on the PATH" : `QEMU ${qemu}`,
      "QEMU 10.2 or newer has vhost-user-test-device-pci; with an older one use -listen and trans=tcp (docs/VMM.md)",
      "note",
    ),
    finding(
      isWritable("/dev/kvm"),
      "/dev/kvm",
      "guests are slow without it: enable virtualization, join the group kvm",
      "note",
    ),
  ];
}

function xen(): Finding[] {
  const devices = ["/dev/xen/gntdev", "/dev/xen/evtchn", "/dev/xen/xenbus"];
  return [
    finding(
      existsSync("/proc/xen") || existsSync("/sys/hypervisor/uuid"),
      "a Xen host",
      "boot this machine as Xen's dom0 or a driver domain",
    ),
    ...devices.map((path) =>
      finding(
        isWritable(path),
        path,
        `modprobe xen-${path.split("/").at(-1)}, and run as root or give its group the right`,
      ),
    ),
  ];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(program: string): string | undefined {
  const isThere = (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
  if (!isThere) return undefined;
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 5000 });
  return /version (\d+\.\d+(?:\.\d+)?)/.exec(stdout ?? "")?.[1];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
