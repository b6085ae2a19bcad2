import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isConfigError, type SecurityModel } from "@ninefold/core/contracts";
import plugin, { localFs } from "@ninefold/fs-local";
import { describe, expect, test } from "vitest";
import { none } from "../src/security/none.ts";
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
    expect(await issuesOf({ path: "/srv" })).toMatch(/security_model must be given: .*"passthrough"/);
    expect(await issuesOf({ path: "/srv", security_model: "none", fmode: "0900" })).toMatch(/fmode .*octal/);
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

describe("security models", () => {
  test("that nobody has are refused with those there are", async () => {
    expect(await refusalOf(folder(), { security_model: "mapped-xattr" })).toMatch(
      /no security model named "mapped-xattr"; loaded: passthrough, none; add the package/,
    );
  });

  test("that keep no modes of their own take no options about them", async () => {
    expect(await refusalOf(folder(), { fmode: 0o640 })).toMatch(
      /fmode means nothing with security_model=none/,
    );
    expect(await refusalOf(folder(), { native_symlinks: false })).toMatch(/native_symlinks means nothing/);
  });

  test("may be brought by others, and replace those that are there", async () => {
    const opened: object[] = [];
    const path = folder();
    const model: SecurityModel = {
      ...none,
      options: ["dmode"],
      open: (options) => {
        opened.push(options);
        return none.open(options);
      },
    };
    const options = {
      path,
      security_model: "none",
      readonly: false,
      multidevs: "remap",
      dmode: 0o750,
    } as const;
    await (await localFs.open(options, { ...environment(), securityModels: [model] })).close();
    expect(opened).toEqual([{ dmode: 0o750 }]);
  });
});

test("the plugin registers what it says", () => {
  const names: string[] = [];
  plugin.register({
    register: (_token, value) => {
      names.push((value as { name: string }).name);
    },
  });
  expect(names).toEqual(Object.values(plugin.contributes).flat());
});
