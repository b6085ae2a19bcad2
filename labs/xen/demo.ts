// node labs/xen/demo.ts [FOLDER]: a shell in a PV guest of an emulated Xen, on a folder of this machine that Ninefold in dom0
// shares with it by the guest's rings.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanUpOnExit } from "../src/cleanup.ts";
import { sampleFolder } from "../src/sample-folder.ts";
import { prepareXen } from "./boot.ts";
import { runToEnd } from "./run-to-end.ts";

/** The line that dom0 writes when the guest's console follows; each terminal on its way adds to its end. */
const READY = /# the guest's console\r*\n/;

using sample = sampleFolder();
const folder = resolve(process.argv[2] ?? sample.folder);
const share = mkdtempSync(join(tmpdir(), "ninefold-xen-"));
const removeShare = (): void => rmSync(share, { recursive: true, force: true });
const cancelRemoval = cleanUpOnExit(removeShare);
const text = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "scenarios", "demo.sh"), "utf8");
const { argv } = await prepareXen({
  share,
  scripts: [{ name: "demo", text }],
  folders: { demo: folder },
  interactive: true,
});

process.stderr.write(
  `${folder} is /mnt in the guest. Leave with "exit", or at once with Ctrl-A X. Xen boots…\n`,
);
let before: string | undefined = "";
const status = await runToEnd(argv, {
  interactive: true,
  onOutput: (piece) => {
    if (before === undefined) {
      process.stdout.write(piece);
      return;
    }
    before += piece;
    const ready = READY.exec(before);
    if (ready === null) return;
    process.stdout.write(before.slice(ready.index + ready[0].length));
    before = undefined;
  },
});
// It never came to the guest's console: what there was says why.
if (before !== undefined) process.stderr.write(before);
removeShare();
cancelRemoval();
process.exitCode = status === 1 ? 0 : 1;
