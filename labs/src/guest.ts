import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUpOnExit } from "./cleanup.ts";
import { commandLine } from "./command-line.ts";
import { GuestOutput, type GuestReport } from "./guest-output.ts";
import { writeInitramfs } from "./initramfs.ts";
import type { GuestOptions } from "./options.ts";
import { prepareFor } from "./prepare.ts";
import { killGroup, startGroup } from "./process-group.ts";

const TEN_MINUTES = 600_000;
/** A guest that has told its status only has to switch itself off. */
const POWER_OFF_MS = 10_000;

/** How a guest ended. */
export interface GuestExit {
  /** The script's status; null when the guest never told it. 125: a share could not be mounted. */
  readonly status: number | null;
  readonly reason: "script" | "timeout" | "killed" | "no-marker";
  /** What the script wrote, stdout and stderr as they came. */
  readonly output: string;
  /** What the kernel and the virtual machine wrote: where to look when there is no status. */
  readonly console: string;
}

/** A running guest. Disposing of it kills it. */
export interface Guest extends AsyncDisposable {
  readonly pid: number;
  /** The command that runs it. */
  readonly argv: readonly string[];
  output(): string;
  /** Settles when the machine has gone and nothing of it is left; never rejects. */
  readonly exit: Promise<GuestExit>;
  kill(): Promise<void>;
}

/** Boots a guest, preparing its lab first if need be. Returns when the machine runs, before it has booted. */
export async function bootGuest(options: GuestOptions): Promise<Guest> {
  checkOptions(options);
  const lab = await prepareFor(options);
  const folder = mkdtempSync(join(tmpdir(), "ninefold-guest-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const cancelRemoval = cleanUpOnExit(removeFolder);
  try {
    const nonce = randomBytes(8).toString("hex");
    const initrd = join(folder, "initramfs.cpio");
    await writeInitramfs(initrd, lab.initramfs, options, nonce);
    return await startGuest(options, nonce, folder, commandLine(options, initrd), () => {
      removeFolder();
      cancelRemoval();
    });
  } catch (error) {
    removeFolder();
    cancelRemoval();
    throw error;
  }
}

async function startGuest(
  options: GuestOptions,
  nonce: string,
  folder: string,
  argv: readonly string[],
  release: () => void,
): Promise<Guest> {
  const consoleFile = join(folder, "console.log");
  const consoleFd = openSync(consoleFile, "a");
  const child = await startGroup(argv, [options.interactive ? "inherit" : "pipe", "pipe", consoleFd]).finally(
    () => closeSync(consoleFd),
  );
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error(`${argv[0]} has no process id or no output`);

  const killNow = (): void => killGroup(pid);
  const cancelKill = cleanUpOnExit(killNow);
  let reason: GuestExit["reason"] = "no-marker";
  let status: number | null = null;
  let boots = 0;
  const end = (why: GuestExit["reason"]): void => {
    if (status === null) reason = why;
    killNow();
  };
  const timers = [setTimeout(() => end("timeout"), options.timeoutMs ?? TEN_MINUTES)];

  const onReport = (report: GuestReport): void => {
    if (report.kind === "exit") {
      status = report.status;
      reason = "script";
      child.stdin?.write("\n");
      timers.push(setTimeout(killNow, POWER_OFF_MS));
    } else {
      boots += 1;
      if (boots > (options.reboots ?? 0) + 1) end("no-marker");
    }
  };
  const output = new GuestOutput(nonce, options.onOutput ?? (() => {}), onReport);
  // A machine that is already gone needs no answer.
  child.stdin?.on("error", () => {});
  stdout.setEncoding("utf8").on("data", (chunk: string) => output.push(chunk));
  // Helpers that outlive the machine would hold its output open.
  child.once("exit", killNow);

  const exit = new Promise<GuestExit>((settle) => {
    child.once("close", () => {
      for (const timer of timers) clearTimeout(timer);
      output.end();
      const consoleText = readFileSync(consoleFile, "utf8").replaceAll("\r\n", "\n");
      cancelKill();
      release();
      settle({ status, reason, output: output.text, console: consoleText });
    });
  });
  const kill = async (): Promise<void> => {
    end("killed");
    await exit;
  };
  return { pid, argv, output: () => output.text, exit, kill, [Symbol.asyncDispose]: kill };
}

function checkOptions(options: GuestOptions): void {
  for (const share of options.shares) {
    const ways = [share.socket, share.vfioSocket, share.tcp, share.virtfs].filter(
      (way) => way !== undefined,
    ).length;
    if (ways !== 1) {
      throw new TypeError(
        `share "${share.tag}" names ${ways} servers: give one of socket, vfioSocket, tcp and virtfs`,
      );
    }
    if (share.tcp && options.kind === "uml") {
      throw new TypeError(
        `share "${share.tag}" is over TCP, and User-Mode Linux has no network here: use qemu-pci`,
      );
    }
    if (share.virtfs && options.kind === "uml") {
      throw new TypeError(
        `share "${share.tag}" is served by QEMU, which User-Mode Linux is not: use qemu-pci`,
      );
    }
    if (share.vfioSocket && options.kind !== "qemu-pci") {
      throw new TypeError(
        `share "${share.tag}" is a PCI device, and ${options.kind} has no PCI: use qemu-pci`,
      );
    }
  }
}
