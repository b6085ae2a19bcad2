#!/usr/bin/env node
// What stands in the place of libxl's xen-9pfsd. Says what is wrong on an old Node before anything is loaded that such a
// Node cannot read.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(`ninefold-xen-9pfsd: needs Node 24 or newer, and this is ${process.versions.node}\n`);
  process.exit(1);
}
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { endSignal, runProgram } = await import("../program.ts");
// Before anything is loaded: an end that comes meanwhile must not leave anything behind.
const ended = endSignal();
process.exitCode = await runProgram("ninefold-xen-9pfsd", async () => {
  const { runXen9pfsd } = await import("./xen-9pfsd.ts");
  return runXen9pfsd(process.argv.slice(2), { ended });
});
