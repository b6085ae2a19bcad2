// node labs/run.ts uml|qemu|qemu-mmio [--tools] [--folder DIR] [--print] -- COMMAND...
// Shares a folder (a temporary one with samples, unless given) with a real guest and runs a command there, on /mnt.
import { parseArgs } from "node:util";
import { bootGuest, type GuestKind, type GuestOptions } from "./src/index.ts";
import { shellQuote } from "./src/initramfs.ts";
import { sampleFolder } from "./src/sample-folder.ts";
import { serveFolder } from "./src/serve.ts";

const KINDS: Readonly<Record<string, GuestKind>> = {
  uml: "uml",
  qemu: "qemu-pci",
  "qemu-pci": "qemu-pci",
  "qemu-mmio": "qemu-mmio",
};
const USAGE = "usage: node labs/run.ts uml|qemu|qemu-mmio [--tools] [--folder DIR] [--print] -- COMMAND";

interface Values {
  readonly tools?: boolean;
  readonly folder?: string;
  readonly print?: boolean;
}

function readArguments(): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { tools: { type: "boolean" }, folder: { type: "string" }, print: { type: "boolean" } },
    });
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error));
  }
}

function stop(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

async function run(kind: GuestKind, command: string, values: Values): Promise<number> {
  using sample = sampleFolder();
  const options: GuestOptions = {
    kind,
    shares: [{ tag: "host", mountpoint: "/mnt", socket: sample.socket }],
    script: `cd /mnt\n${command}\n`,
    tools: values.tools ?? false,
    onOutput: (text) => process.stdout.write(text),
  };
  const folder = values.folder ?? sample.folder;
  await using server = await serveFolder({ folder, tag: "host", socket: sample.socket });
  await using guest = await bootGuest(options);
  if (values.print) process.stderr.write(`${guest.argv.map(shellQuote).join(" ")}\n`);
  const { status, reason, console } = await guest.exit;
  if (status === null)
    process.stderr.write(`labs: the guest was lost (${reason})\n${console}${server.log()}`);
  return status ?? 1;
}

const { values, positionals } = readArguments();
const [name = "", ...command] = positionals;
const kind = KINDS[name] ?? stop(`no guest of kind "${name}"`);
if (command.length === 0) stop("no command for the guest");
try {
  process.exitCode = await run(kind, command.join(" "), values);
} catch (error) {
  process.stderr.write(`labs: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
