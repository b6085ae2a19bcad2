// Runs in the guest: the cases of the driver suite on a mounted folder, by system calls. Prints TAP.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fsDriverCompliance, type TestContext, type Way } from "@ninefold/compliance/fs-driver";
import type { FsTree } from "@ninefold/core/contracts";
import { mountedTree } from "./mounted-tree.ts";

const [mountpoint = "", name = ""] = process.argv.slice(2);
process.umask(0);

const onMount: Way = {
  name: "on a mount",
  lacks: {
    keys: "a mounted tree has no keys",
    places: "a path says only where something was",
    held: "a path is lost with its name; open files are tested",
    locks: "node:fs has no byte-range locks",
    lockOwners: "node:fs has no byte-range locks",
    xattrs: "node:fs has no extended attributes",
    specialFiles: "node:fs makes no special files",
    direct: "the calls go through the guest's kernel",
  },
  reach: async (tree) => tree,
};

const folders = new WeakMap<FsTree, string>();
const tests: { title: string; run: (context?: TestContext) => Promise<void> }[] = [];
let group = "";

fsDriverCompliance(
  {
    describe(title, define) {
      group = title;
      define();
    },
    it: (title, run) => tests.push({ title: `${group}: ${title}`, run }),
  },
  name,
  {
    setup() {
      const folder = mkdtempSync(join(mountpoint, "case-"));
      const tree = mountedTree(folder);
      folders.set(tree, folder);
      return tree;
    },
    teardown: async (tree) => rmSync(folders.get(tree) ?? "", { recursive: true, force: true }),
    ways: [onMount],
    print: (line) => console.log(`# ${line}`),
    options: {
      changeGranularityMs: 12,
      skip: {
        "times are set as given": "node:fs takes times as floating-point seconds",
        "several changes at once, also through the open file": "a program changes one thing at a time",
        "a directory with two thousand names": "two thousand files take an emulated guest long",
        "a file reaches beyond 4 GiB, or says that it cannot": "the guest's memory is smaller",
      },
    },
  },
);

console.log(`1..${tests.length}`);
let failed = 0;
for (const [index, { title, run }] of tests.entries()) {
  const outcome = await run().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome !== undefined) failed++;
  console.log(`${outcome === undefined ? "ok" : "not ok"} ${index + 1} - ${title}`);
  if (outcome instanceof Error) console.log(`# ${outcome.message.split("\n")[0]}`);
}
process.exit(failed === 0 ? 0 : 1);
