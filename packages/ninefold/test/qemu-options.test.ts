import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { localFs } from "@ninefold/fs-local";
import { connect } from "@ninefold/transport-memory";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line/arguments.ts";
import { createBackend } from "../src/index.ts";

/** docs/CONFIGURATION.md's table of QEMU's options, as rows of cells. */
const table = readFileSync(new URL("../../../docs/CONFIGURATION.md", import.meta.url), "utf8")
  .split("### QEMU's options")[1]
  ?.split("### layers")[0]
  ?.split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

interface Row {
  readonly option: string;
  readonly example: string;
}

/** One row for each option: braces stand for several. */
const rows: readonly Row[] = (table ?? []).flatMap(([, option = "", example = ""]) =>
  option.split(", ").length > 1 && !option.includes("{")
    ? option.split(", ").map((one) => ({ option: one, example }))
    : expand(option, example),
);

function expand(option: string, example: string): Row[] {
  const [whole, ways] = /\{([a-z,]+)\}/.exec(option) ?? [];
  if (whole === undefined || ways === undefined) return [{ option, example }];
  return ways
    .split(",")
    .map((way) => ({ option: option.replace(whole, way), example: example.replaceAll("OPTION", way) }));
}

/** Of QEMU's qemu-options.hx and fsdev/qemu-fsdev-opts.c; what belonged to `proxy` is gone there. */
const QEMUS = [
  ...["fsdriver", "id", "path", "security_model", "writeout", "readonly", "fmode", "dmode", "multidevs"],
  ...["max_xattr", "mount_tag", "throttling.iops-size"],
  ...["bps", "iops"].flatMap((unit) =>
    ["total", "read", "write"].flatMap((way) =>
      ["", "-max", "-max-length"].map((end) => `throttling.${unit}-${way}${end}`),
    ),
  ),
];

describe("QEMU's options", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-qemu-options-"));
    mkdirSync(join(folder, "share"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const inFull = (example: string): string =>
    [`path=${join(folder, "share")}`, ...(example.includes("security_model") ? [] : ["security_model=none"])]
      .concat(example === "" ? [] : [example])
      .join(",");

  /** The command line, with a device of this process's beside what it names. */
  async function served(argv: readonly string[], name: string) {
    const { plain } = parseCommandLine(argv);
    const device = { type: "9p-memory", fsdev: "fs0", mount_tag: "here", name };
    const devices = [...(plain.devices ?? []), device];
    return createBackend({ fsdevs: plain.fsdevs ?? {}, devices, inline: true });
  }

  test("are all in the table, and so are those of the driver local", () => {
    const named = rows.map(({ option }) => option);
    const own = Object.keys((localFs.schema as unknown as { shape: object }).shape);
    expect([...QEMUS, ...own].filter((option) => !named.includes(option))).toEqual([]);
    expect(named.filter((option) => ![...QEMUS, ...own, "aname"].includes(option))).toEqual([]);
  });

  test.each(rows.filter(({ example }) => example !== ""))(
    "$option: $example is served",
    async ({ example }) => {
      const text = inFull(example);
      for (const argv of [
        ["-fsdev", `local,id=fs0,${text}`],
        ["-virtfs", `local,id=fs0,${text},mount_tag=host`],
      ]) {
        await using backend = await served(argv, `${argv[0]} ${example}`);
        await using tree = await mount(connect(`${argv[0]} ${example}`));
        expect(await tree.readdir("")).toBeDefined();
        expect(backend.fsdevs[0]?.id).toBe("fs0");
      }
    },
  );

  test.each<[string, RegExp]>([
    ["writeout=later", /fsdev fs0: option "writeout" is "later"; must be immediate/],
    ["multidevs=maybe", /option "multidevs" is "maybe"; allowed: remap, forbid, warn/],
    [
      "throttling.bps-total=1,throttling.bps-read=1",
      /layer throttle: option "bps-total" is "1"; cannot be given beside bps-read/,
    ],
    [
      "throttling.bps-all=1",
      /layer throttle: option "bps-all" is unknown; allowed: bps-total, bps-total-max/,
    ],
    ["max_xattr=-1", /key "max_xattr" is "-1"; must be a whole number from 0 to 4294967295/],
    ["max_xattrs=1", /option "max_xattrs" is unknown; allowed: .*max_xattr, throttling.\*, layers/],
    ["aname=any", /option "aname" is "any"; allowed: refuse, subfolder/],
  ])("%s is refused", async (example, message) => {
    await expect(served(["-fsdev", `local,id=fs0,${inFull(example)}`], example)).rejects.toThrow(message);
  });

  test("a mount tag has at most 31 bytes", async () => {
    const argv = (tag: string) => ["-virtfs", `local,id=fs0,${inFull("")},mount_tag=${tag}`];
    await (await served(argv("t".repeat(31)), "31")).close();
    await expect(served(argv("t".repeat(32)), "32")).rejects.toThrow("at most 31 bytes");
  });

  test("max_xattr: one more extended attribute at once is ENOSPC; 0 is no limit", async () => {
    for (const [given, opened] of [
      [3, 3],
      [0, 40],
    ] as const) {
      const name = `max_xattr ${given}`;
      await using backend = await served(["-fsdev", `local,id=fs0,${inFull(`max_xattr=${given}`)}`], name);
      await using tree = await mount(connect(name));
      const walk = (newfid: number) => tree.client.rpc("Txattrwalk", { fid: tree.root, newfid, name: "" });
      for (let i = 0; i < opened; i++) await walk(100 + i);
      if (given > 0) await expect(walk(999)).rejects.toMatchObject({ code: "ENOSPC" });
      void backend;
    }
  });
});
