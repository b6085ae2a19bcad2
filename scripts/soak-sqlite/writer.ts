// The process that is killed: takes steps for ever and says the number of each, on standard output, when it is synced.
import { writeSync } from "node:fs";
import { OPEN } from "@ninefold/core/contracts";
import { sqliteTree } from "@ninefold/fs-sqlite";
import { takeStep } from "./steps.ts";

const [path = "", first = "0"] = process.argv.slice(2);
const tree = await sqliteTree({ path });
const root = await tree.attach("", { name: "soak", uid: -1 });
// A file that is open and has no name: the next process must remove it.
const orphan = await root.create("orphan", OPEN.READ_WRITE, { mode: 0o600, uid: -1, gid: -1 });
await root.unlink("orphan", false);
for (let number = Number(first); ; number++) {
  await takeStep(root, number);
  writeSync(1, `${number}\n`);
  if (number % 50 === 0) await orphan.file.fsync(true);
}
