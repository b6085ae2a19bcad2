import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const LOGGING = fileURLToPath(new URL("../src/logging.ts", import.meta.url));

/** What a process that logs so writes to standard error. */
function logged(format: "json" | "pretty", lines: string): string {
  const code = `
    const { createLogger } = await import(${JSON.stringify(LOGGING)});
    const log = createLogger({ level: "info", format: "${format}", trace: false });
    ${lines}`;
  const args = ["--conditions=@ninefold/source", "--input-type=module", "-e", code];
  return spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 }).stderr;
}

describe("the log", () => {
  test("has an error's text and stack, also in lines of children", () => {
    const lines = `
      log.error("it failed", { error: new TypeError("the reason") });
      log.child({ device: "d" }).warn("so did this", { error: new Error("another") });`;
    const [first, second] = logged("json", lines)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, { message: string; stack: string }>);
    expect(first?.error).toMatchObject({ type: "TypeError", message: "the reason" });
    expect(first?.error?.stack).toContain("TypeError: the reason");
    expect(second).toMatchObject({ device: "d", error: { message: "another" } });
    expect(logged("pretty", lines)).toContain("the reason");
  });
});
