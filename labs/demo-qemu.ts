// node labs/demo-qemu.ts [FOLDER]: a shell in a real guest, on a folder of this machine that Ninefold shares with it.
import { resolve } from "node:path";
import { bootGuest } from "./src/index.ts";
import { sampleFolder } from "./src/sample-folder.ts";
import { serveFolder } from "./src/serve.ts";

using sample = sampleFolder();
const folder = resolve(process.argv[2] ?? sample.folder);
await using _server = await serveFolder({ folder, tag: "host", socket: sample.socket });

process.stderr.write(`${folder} is /mnt in the guest. Leave with "exit", or at once with Ctrl-A X.\n`);
await using guest = await bootGuest({
  kind: "qemu-pci",
  shares: [{ tag: "host", mountpoint: "/mnt", socket: sample.socket }],
  script: "cd /mnt; ls -la; export PS1='guest:\\w# '; exec sh -i",
  interactive: true,
  timeoutMs: 2 ** 31 - 1,
  onOutput: (text) => process.stdout.write(text),
});
const { status, console } = await guest.exit;
if (status === null) process.stderr.write(console);
