import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isConfigError } from "@ninefold/core/contracts";
import plugin, { localFs } from "@ninefold/fs-local";
import { describe, expect, test } from "vitest";
import { environment, folder, isRoot } from "./helpers.ts";

async function issuesOf(options: unknown): Promise<string> {
  const result = await localFs.schema["~standard"].validate(options);
  return (result.issues ?? []).map((issue) => `${issue.path?.join(".")} ${issue.message}`).join("\n");
}

async function refusalOf(path: string, more: object = {}): Promise<string> {
  const options = { path, security_model: "none", readonly: false, multidevs: "remap", ...more } as const;
  try {
    await (await localFs.open(options, environment())).close();
  } catch (error) {
    if (isConfigError(error)) return error.message;
    throw error;
  }
  return "none";
}

describe("options of local", () => {
  test("are read from a command line's strings and have defaults", async () => {
    const result = await localFs.schema["~standard"].validate({
      path: "/srv",
      security_model: "none",
      readonly: "on",
      descriptors: "512",
    });
    expect(result).toEqual({
      value: { path: "/srv", security_model: "none", readonly: true, multidevs: "remap", descriptors: 512 },
    });
  });

  test("that are missing, unknown or wrong are told with what would be right", async () => {
    expect(await issuesOf({ security_model: "none" })).toMatch(/^path must be a folder/);
    expect(await issuesOf({ path: "/srv" })).toMatch(/security_model must be given: "passthrough"/);
    expect(await issuesOf({ path: "/srv", security_model: "mapped-xattr" })).toMatch(
      /"passthrough" .* or "none" here, not "mapped-xattr"/,
    );
    expect(await issuesOf({ path: "/srv", security_model: "none", pth: "x" })).toMatch(/pth/);
    expect(await issuesOf({ path: "/srv", security_model: "none", multidevs: "maybe" })).toMatch(/remap/);
    expect(await issuesOf({ path: "/srv", security_model: "none", descriptors: "3" })).toMatch(/16/);
  });
});

describe("a folder that cannot be served", () => {
  test("is refused with its path and the mend", async () => {
    const path = folder();
    writeFileSync(join(path, "file"), "");
    expect(await refusalOf(join(path, "none"))).toMatch(
      /fsdev fs0: ".*none" does not exist; make the folder/,
    );
    expect(await refusalOf(join(path, "file"))).toMatch(/is no folder/);
    expect(await refusalOf(path, { descriptors: 1e9 })).toMatch(/limit of open files/);
    expect(await refusalOf(path)).toBe("none");
    mkdirSync(join(path, "closed"));
    chmodSync(join(path, "closed"), 0);
    if (!isRoot) expect(await refusalOf(join(path, "closed"))).toMatch(/may not be read/);
    chmodSync(join(path, "closed"), 0o700);
  });
});

test("the plugin registers what it says", () => {
  const names: string[] = [];
  plugin.register({
    register: (_token, value) => {
      names.push((value as { name: string }).name);
    },
  });
  expect(names).toEqual(plugin.contributes["fs-driver"]);
});
