import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import type { FsDriver, FsTree } from "@ninefold/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { collectingRunner, failuresOf } from "../../compliance/test/collecting-runner.ts";
import { driverProject } from "../src/commands/init/driver-project.ts";
import { main } from "../src/main.ts";

/** What the command prints, and its status. */
async function ninefold(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
  try {
    return { status: await main(argv), out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("init makes a project in a new folder, named after it", async () => {
  const folder = join(temporaryFolder(), "my-own");
  const { status, out } = await ninefold("init", "driver", folder);
  expect(status).toBe(0);
  expect(out).toContain("npm test");
  expect(readdirSync(folder).sort()).toEqual([
    "README.md",
    "driver.test.js",
    "index.js",
    "ninefold.yaml",
    "package.json",
  ]);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ name: "my-own", keywords: ["9p-plugin"], type: "module" });
  expect(readFileSync(join(folder, "index.js"), "utf8")).not.toContain("my-driver");
});

test("init refuses what it would spoil, and what it does not know", async () => {
  const folder = join(temporaryFolder(), "mine");
  mkdirSync(folder);
  writeFileSync(join(folder, "diary.txt"), "");
  for (const [argv, text] of [
    [["init"], "say: ninefold init driver NAME"],
    [["init", "kernel", "x"], "say: ninefold init driver NAME"],
    [["init", "driver", join(folder, "No Name")], "small letters"],
    [["init", "driver", folder], "there and not empty"],
  ] as const) {
    const { status, err } = await ninefold(...argv);
    expect([status, err]).toEqual([2, expect.stringContaining(text)]);
  }
  expect(readdirSync(folder)).toEqual(["diary.txt"]);
});

test("the driver that init makes passes the compliance suite", async () => {
  // Inside of the workspace, so that its imports are found.
  const folder = mkdtempSync(fileURLToPath(new URL("../../../.snippets-", import.meta.url)));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "index.js"), driverProject("my-own", "0.0.0")["index.js"] ?? "");
  const made = (await import(pathToFileURL(join(folder, "index.js")).href)) as {
    driver: FsDriver;
    openTree(): FsTree;
  };
  const { runner, run } = collectingRunner();
  fsDriverCompliance(runner, "my-own", {
    driver: made.driver,
    setup: () => made.openTree(),
    print: () => {},
  });
  const outcomes = await run();
  expect(failuresOf(outcomes)).toEqual([]);
  expect(outcomes.filter(({ state }) => state === "passed").length).toBeGreaterThan(150);
});

test("doctor says what is there for each way of serving, and how to mend what is not", async () => {
  const { status, out } = await ninefold("doctor", "--json");
  const sections = JSON.parse(out) as {
    way: string;
    findings: { state: string; what: string; mend?: string }[];
  }[];
  expect(status).toBe(0);
  expect(sections.map(({ way }) => way).join()).toMatch(/server itself.*-fsdev local.*virtio.*-listen.*Xen/);
  for (const { findings } of sections) {
    for (const { state, mend } of findings) expect(mend === undefined).toBe(state === "ok");
  }
  const { out: text } = await ninefold("doctor");
  expect(text).toContain(`Node ${process.versions.node}`);
});
