#!/usr/bin/env node
// Says what is wrong on an old Node before anything is loaded that such a Node cannot read.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(`ninefold: needs Node 24 or newer, and this is ${process.versions.node}\n`);
  process.exit(1);
}
// A reader that has seen enough (`ninefold plugins | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
// Lanes inherit the cache's folder, and start in a third of the time.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv.slice(2));
