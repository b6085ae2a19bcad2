// node labs/run.ts uml|qemu|qemu-mmio [--tools] [--folder DIR] [--print] [--] COMMAND...
// Shares a folder (a temporary one with samples, unless given) with a real guest and runs a command there, on /mnt.
import { bootGuest } from "./src/index.ts";
import { shellQuote } from "./src/initramfs.ts";
import { type RunArguments, readRunArguments } from "./src/run-arguments.ts";
import { sampleFolder } from "./src/sample-folder.ts";
import { serveFolder } from "./src/serve.ts";

const USAGE = `usage: npm run lab:uml|lab:qemu -- [OPTION]... COMMAND
       node labs/run.ts uml|qemu|qemu-mmio [OPTION]... COMMAND
options, which end where the command begins:
  --tools        python3, git, sqlite3, coreutils, … in the guest
  --folder DIR   what is shared; a folder with samples unless given
  --print        print the exact command that starts the guest`;

function argumentsOrUsage(): RunArguments {
  try {
    return readRunArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(2);
  }
}

async function run({ kind, command, folder, tools, print }: RunArguments): Promise<number> {
  using sample = sampleFolder();
  await using server = await serveFolder({
    folder: folder ?? sample.folder,
    tag: "host",
    socket: sample.socket,
  });
  await using guest = await bootGuest({
    kind,
    shares: [{ tag: "host", mountpoint: "/mnt", socket: sample.socket }],
    script: `cd /mnt\n${command}\n`,
    tools,
    onOutput: (text) => process.stdout.write(text),
  });
  if (print) process.stderr.write(`${guest.argv.map(shellQuote).join(" ")}\n`);
  const { status, reason, console } = await guest.exit;
  if (status === null)
    process.stderr.write(`labs: the guest was lost (${reason})\n${console}${server.log()}`);
  return status ?? 1;
}

const given = argumentsOrUsage();
try {
  process.exitCode = await run(given);
} catch (error) {
  process.stderr.write(`labs: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
