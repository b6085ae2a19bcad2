import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { isAlive, temporaryFolder, until } from "./fixtures/harness.ts";

interface Program {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly lanes: readonly number[];
}

async function startProgram(): Promise<Program> {
  const folder = temporaryFolder();
  const script = join(import.meta.dirname, "fixtures/program.ts");
  // A process group of its own, as a terminal gives one to each command.
  const program = spawn(process.execPath, ["--conditions=@ninefold/source", script, folder], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  onTestFinished(() => void program.kill("SIGKILL"));
  const [line] = (await once(program.stdout, "data")) as [Buffer];
  return { process: program, folder, lanes: JSON.parse(line.toString()) as number[] };
}

test("Ctrl-C reaches the whole group, and everything ends cleanly", async () => {
  const { process: program, folder, lanes } = await startProgram();
  expect(readdirSync(folder)).toEqual(["a.sock", "b.sock"]);
  expect(lanes.every(isAlive)).toBe(true);
  process.kill(-(program.pid ?? 0), "SIGINT");
  expect(await once(program, "exit")).toEqual([0, null]);
  expect(lanes.some(isAlive)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("SIGTERM to the program alone ends its lanes", async () => {
  const { process: program, folder, lanes } = await startProgram();
  program.kill("SIGTERM");
  expect(await once(program, "exit")).toEqual([0, null]);
  expect(lanes.some(isAlive)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("lanes whose kernel was killed end and remove their sockets", async () => {
  const { process: program, folder, lanes } = await startProgram();
  program.kill("SIGKILL");
  await once(program, "exit");
  await until(() => !lanes.some(isAlive), "the lanes' end");
  expect(readdirSync(folder)).toEqual([]);
});

test("a program outside a test runner finds packages that have only an import condition", async () => {
  const folder = temporaryFolder();
  const home = join(folder, "node_modules/esm-only");
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, "package.json"),
    JSON.stringify({ name: "esm-only", type: "module", exports: { import: "./main.js" } }),
  );
  writeFileSync(
    join(home, "main.js"),
    'export default { name: "found", apiVersion: 1, contributes: {}, register() {} };',
  );
  const script = join(import.meta.dirname, "fixtures/list-plugins.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@ninefold/source",
    script,
    folder,
    "esm-only",
  ]);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: "found", module: pathToFileURL(join(home, "main.js")).href },
  ]);
});
