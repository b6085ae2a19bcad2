import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCommandLine } from "../src/command-line/arguments.ts";
import { loadConfig } from "../src/commands/load-config.ts";

describe("a configuration file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (text: string, ...more: string[]) => {
    writeFileSync(join(folder, "ninefold.yaml"), text);
    return loadConfig(parseCommandLine(["--config", join(folder, "ninefold.yaml"), ...more]));
  };
  const BASE = "fsdevs:\n  fs0: { driver: memory }\nlisten:\n  - { address: 'unix:a.sock', fsdev: fs0 }\n";

  it("says what the command line says", () => {
    const config = load(BASE);
    expect(config.baseDirectory).toBe(folder);
    expect(config.fsdevs).toMatchObject([{ id: "fs0", driver: "memory" }]);
    expect(config.devices).toMatchObject([{ type: "9p-unix", fsdev: "fs0", options: { path: "a.sock" } }]);
  });

  it("is joined with options: lists together, single values by the line", () => {
    const config = load(
      `${BASE}log: { level: debug, format: json }\n`,
      "-fsdev",
      "memory,id=fs1",
      "-listen",
      "unix:b.sock,fsdev=fs1",
      "--log-level=warn",
    );
    expect(config.fsdevs.map(({ id }) => id)).toEqual(["fs0", "fs1"]);
    expect(config.devices.map(({ options }) => options.path)).toEqual(["a.sock", `${process.cwd()}/b.sock`]);
    expect(config.log).toMatchObject({ level: "warn", format: "json" });
  });

  it.each([
    ["fsdevs: [", /ninefold\.yaml: .*at line 1/],
    ["fsdev: {}", /"fsdev"/],
    ["- a", /./],
    ["", /./],
  ])("is refused with its place: %j", (text, message) => {
    expect(() => load(text)).toThrow(message);
  });

  it("that is missing is named", () => {
    expect(() => loadConfig(parseCommandLine(["--config", join(folder, "no.yaml")]))).toThrow(
      /no\.yaml: cannot be read/,
    );
  });
});
