import { join } from "node:path";
import { ensureStage, stageFolder } from "./cache.ts";
import type { GuestOptions } from "./options.ts";

/** What User-Mode Linux guests boot from. */
export interface UmlLab {
  readonly folder: string;
  /** The kernel is a program; it finds its libc through its working folder, which must be `folder`. */
  readonly kernel: string;
  /** The parts of the initramfs: the base, and the tools when asked for. */
  readonly initramfs: readonly string[];
}

/** What QEMU guests boot from. */
export interface QemuLab {
  readonly folder: string;
  /** The loader, library path and program that start this QEMU without installing it. */
  readonly program: readonly [string, ...string[]];
  readonly firmware: string;
  readonly kernel: string;
  readonly initramfs: readonly string[];
}

interface LabOptions {
  readonly tools?: boolean | undefined;
}

const initramfs = (folder: string, options: LabOptions): string[] =>
  [folder, ...(options.tools ? [stageFolder("tools")] : [])].map((stage, part) =>
    join(stage, part === 0 ? "base.cpio" : "tools.cpio"),
  );

/** Where the parts of a User-Mode Linux lab are, or will be once prepared. */
export function umlLab(options: LabOptions = {}): UmlLab {
  const folder = stageFolder("uml");
  return { folder, kernel: join(folder, "linux.uml"), initramfs: initramfs(folder, options) };
}

/** Where the parts of a QEMU lab are, or will be once prepared. */
export function qemuLab(options: LabOptions = {}): QemuLab {
  const folder = stageFolder("qemu");
  const lib = join(folder, "lib");
  return {
    folder,
    program: [
      join(lib, "ld-linux-x86-64.so.2"),
      "--library-path",
      lib,
      join(folder, "bin", "qemu-system-x86_64"),
    ],
    firmware: join(folder, "share"),
    kernel: join(folder, "vmlinux"),
    initramfs: initramfs(folder, options),
  };
}

/** Fetches and builds what User-Mode Linux guests need, once; afterwards it returns at once. */
export async function prepareUml(options: LabOptions = {}): Promise<UmlLab> {
  await ensureStage("uml");
  if (options.tools) await ensureStage("tools");
  return umlLab(options);
}

/** Fetches what QEMU guests need, once; afterwards it returns at once. */
export async function prepareQemu(options: LabOptions = {}): Promise<QemuLab> {
  await ensureStage("qemu");
  if (options.tools) await ensureStage("tools");
  return qemuLab(options);
}

/** Prepares the lab that these options boot in. */
export const prepareFor = (options: GuestOptions): Promise<UmlLab | QemuLab> =>
  options.kind === "uml" ? prepareUml(options) : prepareQemu(options);
