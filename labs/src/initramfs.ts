import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { needsNetwork } from "./command-line.ts";
import { type CpioEntry, cpioOf } from "./cpio.ts";
import type { GuestOptions, GuestShare } from "./options.ts";

const FILE = 0o100755;
const CHARACTER_DEVICE = 0o020600;
/** Where QEMU's user network shows the host's loopback to the guest. */
const HOST_LOOPBACK = "10.0.2.2";

/** Text as one word of sh. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Writes the initramfs of one run: the lab's shared parts, then what only this run has. */
export async function writeInitramfs(
  file: string,
  parts: readonly string[],
  options: GuestOptions,
  nonce: string,
): Promise<void> {
  for (const [index, part] of parts.entries()) {
    await pipeline(createReadStream(part), createWriteStream(file, { flags: index === 0 ? "w" : "a" }));
  }
  await pipeline([cpioOf(runFiles(options, nonce))], createWriteStream(file, { flags: "a" }));
}

function runFiles(options: GuestOptions, nonce: string): CpioEntry[] {
  const init = readFileSync(fileURLToPath(new URL("../guest/init", import.meta.url)));
  return [
    // Without it the kernel starts /init with no open files at all.
    { path: "dev/console", mode: CHARACTER_DEVICE, device: [5, 1] },
    { path: "init", mode: FILE, data: init },
    { path: "lab/env", mode: FILE, data: environment(options, nonce) },
    { path: "lab/mounts", mode: FILE, data: options.shares.map(mountLine).join("") },
    { path: "lab/script", mode: FILE, data: options.script },
    ...Object.entries(options.extraFiles ?? {}).map(([path, data]) => ({ path, mode: FILE, data })),
  ];
}

function environment(options: GuestOptions, nonce: string): string {
  const { columns, rows } = process.stdout;
  const values = {
    LAB_OUT: options.kind === "uml" ? "/dev/tty1" : options.interactive ? "/dev/hvc0" : "/dev/vport0p1",
    LAB_NONCE: nonce,
    LAB_NET: needsNetwork(options) ? "1" : "",
    LAB_INTERACTIVE: options.interactive ? "1" : "",
    LAB_SIZE: columns && rows ? `cols ${columns} rows ${rows}` : "",
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join("");
}

function mountLine(share: GuestShare): string {
  if (share.mount === false) return "";
  const { source, transport } = channel(share);
  const mountOptions = [transport, "version=9p2000.L", "msize=512000", share.options]
    .filter(Boolean)
    .join(",");
  return `share ${[source, share.mountpoint, mountOptions].map(shellQuote).join(" ")}\n`;
}

function channel({ tag, tcp }: GuestShare): { source: string; transport: string } {
  if (!tcp) return { source: tag, transport: "trans=virtio" };
  const loopback = ["localhost", "127.0.0.1", "0.0.0.0"].includes(tcp.host);
  return { source: loopback ? HOST_LOOPBACK : tcp.host, transport: `trans=tcp,port=${tcp.port}` };
}
