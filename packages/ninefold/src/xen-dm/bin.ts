#!/usr/bin/env node
// What `device_model_override=` of a guest's xl.cfg names. Says what is wrong on an old Node before anything is loaded that
// such a Node cannot read.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(`ninefold-xen-dm: needs Node 24 or newer, and this is ${process.versions.node}\n`);
  process.exit(1);
}
// libxl waits for this process: it and its lanes start in a third of the time.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { endSignal, runProgram } = await import("../program.ts");
// Before anything is loaded: an end that comes meanwhile must not leave anything behind.
const ended = endSignal();
process.exitCode = await runProgram("ninefold-xen-dm", async () => {
  const { runDeviceModel } = await import("./device-model.ts");
  return runDeviceModel(process.argv.slice(2), { ended });
});
