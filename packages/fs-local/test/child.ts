import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Starts a program of `test/programs`, and waits for its first line. It is ended after the test. */
export async function startProgram(
  name: string,
  args: readonly string[],
  identity: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; firstLine: string }> {
  const path = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@ninefold/source", path, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    ...identity,
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  while (!output.includes("\n") && child.exitCode === null && child.signalCode === null) {
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), once(child, "exit")]);
  }
  return { child, firstLine: output.split("\n")[0] ?? "" };
}
