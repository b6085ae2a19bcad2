import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeName } from "@ninefold/core";
import { AT_FDCWD, close, mkdirat, O_DIRECTORY, O_PATH, openat, symlinkat } from "@ninefold/native";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertTree } from "../../src/mapped-trees/convert/convert.ts";
import { MODELS, type Model } from "../../src/mapped-trees/convert/state.ts";
import { build, emptyFolder, type Planned, snapshot } from "./host-tree.ts";

const BIN = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;

const id = fc.constantFrom(0, 1000, 65_534, 4_000_000_000);
const planned: fc.Arbitrary<Planned> = fc.record({
  kind: fc.constantFrom("file", "folder", "link", "device", "block", "fifo", "socket", "hard"),
  at: fc.nat(20),
  uid: id,
  gid: id,
  mode: fc.constantFrom(0o644, 0o000, 0o444, 0o755, 0o4755, 0o2755, 0o1777, 0o6000),
  text: fc.constantFrom("", "a", "../../../etc", "text\nof two lines", "x".repeat(300)),
  xattr: fc.boolean(),
  acl: fc.boolean(),
});

/** Some hundred objects of every kind, with links among them, always the same. */
function plans(count: number): Planned[] {
  const kinds: Planned["kind"][] = [
    "file",
    "folder",
    "link",
    "device",
    "fifo",
    "hard",
    "file",
    "socket",
    "hard",
  ];
  return Array.from({ length: count }, (_, i) => ({
    kind: kinds[i % kinds.length] ?? "file",
    at: (i * 7919) % 101,
    uid: i % 5,
    gid: i % 7,
    mode: [0o644, 0o4755, 0o000, 0o2711][i % 4] ?? 0,
    text: `text ${i}`,
    xattr: i % 3 === 0,
    acl: i % 4 === 0,
  }));
}

const STAGING = ".ninefold-convert";

/**
 * When something was last done in the conversion's own folder; undefined as long as nothing is in it. Before, between the making of that folder
 * and the next call, a kill may cost the root's own times, as docs/CONFIGURATION.md says.
 */
function lastWork(folder: string): number | undefined {
  const staging = join(folder, STAGING);
  const { ctimeMs } = statSync(staging, { throwIfNoEntry: false }) ?? {};
  return ctimeMs === undefined || namesIn(staging).length === 0 ? undefined : ctimeMs;
}

/** What is in a folder, which may go at any moment. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Runs the command, and kills it that long after its first work on the tree. `workMs` is undefined when it did not come to its end. */
async function run(
  folder: string,
  from: Model,
  to: Model,
  killAfterMs: number,
): Promise<{ readonly workMs: number | undefined }> {
  const before = lastWork(folder);
  const child = spawn(
    process.execPath,
    ["--conditions=@ninefold/source", BIN, "convert", folder, "--from", from, "--to", to],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_OPTIONS: "" } },
  );
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += String(chunk);
  });
  const closed = once(child, "close");
  while (child.exitCode === null && lastWork(folder) === before) await sleep(1);
  const began = performance.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await closed;
  clearTimeout(timer);
  if (child.signalCode === "SIGKILL") return { workMs: undefined };
  expect([child.exitCode, stderr.replaceAll(/^(survey|write|clean): \d+ objects\n/gm, "")]).toEqual([0, ""]);
  return { workMs: performance.now() - began };
}

describe.skipIf(!isRoot)("a conversion that is killed at any moment", () => {
  test.each<[Model, Model]>([
    ["passthrough", "mapped-xattr"],
    ["mapped-xattr", "mapped-file"],
    ["mapped-file", "passthrough"],
    ["passthrough", "mapped-file"],
    ["mapped-file", "mapped-xattr"],
    ["mapped-xattr", "passthrough"],
  ])("from %s to %s is ended by being begun again", { timeout: 300_000 }, async (from, to) => {
    const make = (): string => {
      const folder = emptyFolder();
      build(folder, plans(700));
      if (from !== "passthrough") convertTree(folder, { from: "passthrough", to: from, dryRun: false });
      return folder;
    };
    const whole = make();
    const { workMs = 0 } = await run(whole, from, to, 60_000);
    const wanted = snapshot(whole);

    const folder = make();
    let killedWithin = 0;
    let isKilledAtEnd = false;
    for (let share = 0; (await run(folder, from, to, workMs * share)).workMs === undefined; share += 0.06) {
      if (existsSync(join(folder, STAGING))) killedWithin++;
      else {
        isKilledAtEnd = true;
        break;
      }
    }
    // Its last two calls take its own folder away and set the root's times back: what is killed between has done all but that.
    const root = isKilledAtEnd ? { mtime: expect.any(String) } : {};
    expect(snapshot(folder)).toEqual({ ...wanted, "": { ...wanted[""], ...root } });
    expect(killedWithin).toBeGreaterThan(0);
  });
});

describe.skipIf(!isRoot)("a folder of any objects", () => {
  test("is the same, byte for byte, after any way through the models and back", { timeout: 120_000 }, () => {
    const route = fc.array(fc.constantFrom(...MODELS.filter((model) => model !== "none")), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(planned, { maxLength: 14 }), route, (plans, models) => {
        const folder = emptyFolder();
        build(folder, plans);
        const before = snapshot(folder);
        const stops = ["passthrough" as const, ...models, "passthrough" as const];
        const steps = stops.slice(1).map((to, index) => [stops[index] ?? to, to] as const);
        const pictures = new Map<Model, unknown>([["passthrough", before]]);
        for (const [from, to] of steps.filter(([from, to]) => from !== to)) {
          convertTree(folder, { from, to, dryRun: false });
          const now = snapshot(folder);
          expect(now).toEqual(pictures.get(to) ?? now);
          pictures.set(to, now);
        }
        expect(snapshot(folder)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a folder of a hostile guest", () => {
  test("may be deeper than any path, and have names of any bytes", { timeout: 60_000 }, () => {
    const folder = emptyFolder();
    const name = "d".repeat(255);
    const bytes = Buffer.from([0x66, 0xff, 0x0a, 0x80]);
    let fd = openat(AT_FDCWD, folder, O_PATH | O_DIRECTORY);
    for (let depth = 0; depth < 300; depth++) {
      expect(mkdirat(fd, name, 0o700)).toBe(0);
      const next = openat(fd, name, O_PATH | O_DIRECTORY);
      close(fd);
      fd = next;
    }
    expect(symlinkat("\udcff", fd, decodeName(bytes, 0, bytes.length))).toBe(0);
    close(fd);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), bytes]), "text");
    const steps = [
      ["passthrough", "mapped-file"],
      ["mapped-file", "mapped-xattr"],
      ...(isRoot ? ([["mapped-xattr", "passthrough"]] as const) : []),
    ] as const;
    for (const [from, to] of steps)
      expect(convertTree(folder, { from, to, dryRun: false })).toMatchObject({ objects: 303 });
    const names = readdirSync(folder, { encoding: "buffer" }).map(String);
    expect(names.sort()).toEqual([name, String(bytes)].sort());
    // No path is long enough to remove it: from the inside out.
    execFileSync("rm", ["-rf", folder]);
  });
});
