import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ConfigError,
  definePlugin,
  describePlugins,
  FS_DRIVER,
  type FsDriver,
  isPluginLoadError,
  type Plugin,
  parseConfig,
} from "@ninefold/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadPlugin } from "../src/plugins/load-plugin.ts";
import { PluginSet } from "../src/plugins/plugin-set.ts";
import { resolveModule } from "../src/plugins/resolve-module.ts";
import { temporaryFolder, testKernel } from "./fixtures/harness.ts";

/** A folder with packages in its node_modules, and files; values are text. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function pluginText(body: string): string {
  return `export default { name: "x", apiVersion: 1, contributes: {}, register() {}, ${body} };`;
}

function driverPlugin(name: string, drivers: readonly string[]): Plugin {
  return definePlugin({
    name,
    apiVersion: 1,
    contributes: { "fs-driver": drivers },
    register(registry) {
      for (const driver of drivers) registry.register(FS_DRIVER, stubDriver(driver, name));
    },
  });
}

function stubDriver(name: string, description: string): FsDriver {
  const open = (): Promise<never> => Promise.reject(new Error("not opened in this test"));
  return { name, description, schema: z.unknown(), open };
}

describe("a plugin's module", () => {
  test("is found from the configuration's folder, also when it has only an import condition", () => {
    const folder = folderWith({
      "node_modules/esm-only/package.json": JSON.stringify({
        name: "esm-only",
        type: "module",
        exports: { ".": { import: "./main.js" }, "./extra": { import: "./extra.js" } },
      }),
      "node_modules/esm-only/main.js": pluginText(""),
      "node_modules/esm-only/extra.js": pluginText(""),
    });
    expect(resolveModule("esm-only", folder)).toBe(`file://${folder}/node_modules/esm-only/main.js`);
    expect(resolveModule("esm-only/extra", folder)).toBe(`file://${folder}/node_modules/esm-only/extra.js`);
  });

  test("is the source of a workspace package under its condition, and the built file elsewhere", () => {
    const manifest = (name: string, condition: string): string =>
      JSON.stringify({
        name,
        type: "module",
        exports: {
          ".": { [condition]: "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
        },
      });
    const folder = folderWith({
      "node_modules/source/package.json": manifest("source", "@ninefold/source"),
      "node_modules/source/src/index.ts": pluginText(""),
      "node_modules/built/package.json": manifest("built", "@elsewhere/source"),
      "node_modules/built/dist/index.js": pluginText(""),
    });
    expect(resolveModule("source", folder)).toBe(`file://${folder}/node_modules/source/src/index.ts`);
    expect(resolveModule("built", folder)).toBe(`file://${folder}/node_modules/built/dist/index.js`);
  });

  test("may be a path, a URL, TypeScript, or CommonJS", async () => {
    const folder = folderWith({
      "mine.ts": pluginText("extra: 1 as number"),
      "old.cjs":
        'exports.__esModule = true; exports.default = { name: "old", apiVersion: 1, contributes: {}, register() {} };',
    });
    const named = async (source: string): Promise<string> => (await loadPlugin(source, folder)).plugin.name;
    expect(await named("./mine.ts")).toBe("x");
    expect(await named(join(folder, "mine.ts"))).toBe("x");
    expect(await named(`file://${folder}/mine.ts`)).toBe("x");
    expect(await named("./old.cjs")).toBe("old");
  });

  test.each([
    ["./absent.ts", "ERR_PLUGIN_NOT_FOUND", "give the path of a module"],
    ["absent-package", "ERR_PLUGIN_NOT_FOUND", "npm install absent-package there, or give a path"],
    ["./throws.mjs", "ERR_PLUGIN_IMPORT", "its module failed: early"],
    ["./empty.mjs", "ERR_PLUGIN_SHAPE", "its default export is no object"],
    ["./nameless.mjs", "ERR_PLUGIN_SHAPE", "it has no name"],
    [
      "./future.mjs",
      "ERR_PLUGIN_API_VERSION",
      "version 2 of the plugin contracts, this server has version 1",
    ],
    ["./register.mjs", "ERR_PLUGIN_REGISTER", "its register failed: late"],
    ["./silent.mjs", "ERR_PLUGIN_CONTRIBUTES", "contributes says fs-driver s3, which it does not register"],
    ["./extra.mjs", "ERR_PLUGIN_CONTRIBUTES", "it registers odd s3, which contributes does not say"],
    ["./unnamed.mjs", "ERR_PLUGIN_SHAPE", "it registers a odd without a name"],
  ])("%s is refused: %s", async (specifier, code, text) => {
    const registers = (value: string): string =>
      pluginText(`register(r) { r.register({ key: Symbol.for("odd"), name: "odd" }, ${value}); }`);
    const folder = folderWith({
      "throws.mjs": 'throw new Error("early");',
      "empty.mjs": "export const nothing = 1;",
      "nameless.mjs": "export default { apiVersion: 1 };",
      "future.mjs": pluginText("apiVersion: 2"),
      "register.mjs": pluginText('register() { throw new Error("late"); }'),
      "silent.mjs": pluginText('contributes: { "fs-driver": ["s3"] }'),
      "extra.mjs": registers('{ name: "s3" }'),
      "unnamed.mjs": registers("{}"),
    });
    const error: unknown = await loadPlugin(specifier, folder).catch((thrown: unknown) => thrown);
    expect(isPluginLoadError(error)).toBe(true);
    expect(error).toMatchObject({ code, specifier });
    expect(String(error)).toContain(text);
  });
});

describe("a set of plugins", () => {
  test("keeps those that work beside those that fail", async () => {
    const plugins = new PluginSet("/");
    await plugins.load([driverPlugin("a", ["one"]), "absent-package", driverPlugin("b", ["two"])]);
    expect(plugins.all(FS_DRIVER).map(({ value }) => value.name)).toEqual(["one", "two"]);
    expect(plugins.failures.map(({ specifier }) => specifier)).toEqual(["absent-package"]);
  });

  test("lets a later load replace a name, and refuses two of one rank", async () => {
    const plugins = new PluginSet("/");
    await plugins.load([driverPlugin("first", ["local"]), driverPlugin("second", ["local"])]);
    expect(plugins.failures).toMatchObject([{ code: "ERR_PLUGIN_DUPLICATE", specifier: "second" }]);
    await plugins.load([driverPlugin("own", ["local"])]);
    expect(plugins.require(FS_DRIVER, "local", "fsdev a").value.description).toBe("own");
  });

  test("says what is loaded when a name is not", async () => {
    const plugins = new PluginSet("/");
    expect(() => plugins.require(FS_DRIVER, "s3", "fsdev a")).toThrow(
      'fsdev a: no fs driver named "s3"; none is loaded; add the package that has it to "plugins"',
    );
    await plugins.load([driverPlugin("a", ["local", "memory"])]);
    expect(() => plugins.require(FS_DRIVER, "s3", "fsdev a")).toThrow(
      'fsdev a: no fs driver named "s3"; loaded: local, memory; add the package that has it to "plugins"',
    );
    expect(() => plugins.requireTransport("virtio-9p-pci", "device d0")).toThrow(
      'device d0: no transport for the device type "virtio-9p-pci"; none is loaded',
    );
  });

  test("registers nothing of a plugin whose register throws half way", async () => {
    const half = definePlugin({
      name: "half",
      apiVersion: 1,
      contributes: { "fs-driver": ["one", "two"] },
      register(registry) {
        registry.register(FS_DRIVER, stubDriver("one", ""));
        throw new Error("no");
      },
    });
    const plugins = new PluginSet("/");
    await plugins.load([half]);
    expect(plugins.all(FS_DRIVER)).toEqual([]);
  });
});

test("a plugin that fails takes no kernel down that does not need it, and is told", async () => {
  const { kernel, told, log } = testKernel(
    { plugins: ["absent-package"], fsdevs: { fs0: { driver: "stub" } } },
    { listen: ["plugin-fail"], laneMode: "inline" },
  );
  await kernel.start();
  expect(told).toMatchObject([{ event: { specifier: "absent-package", code: "ERR_PLUGIN_NOT_FOUND" } }]);
  expect(log.some(({ level, message }) => level === "error" && message.includes("absent-package"))).toBe(
    true,
  );
});

test("a kernel that needs a plugin that failed says why it is not there", async () => {
  const { kernel } = testKernel({ plugins: ["./absent.ts"], fsdevs: { fs0: { driver: "s3" } } });
  const error: unknown = await kernel.start().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toMatch(
    /fsdev fs0: no fs driver named "s3"; loaded: stub; add the package that has it to "plugins"; not loaded: plugin \.\/absent\.ts: not found from /,
  );
});

test("plugins are described with what replaces what, and what failed", async () => {
  const described = await describePlugins({
    config: parseConfig({ plugins: ["absent-package"] }, { baseDirectory: "/" }),
    plugins: [driverPlugin("defaults", ["local", "memory"])],
    ownPlugins: [driverPlugin("own", ["local"])],
  });
  expect(described).toEqual([
    {
      specifier: "defaults",
      module: undefined,
      name: "defaults",
      contributes: [
        { kind: "fs-driver", name: "local", description: "defaults", replaced: true },
        { kind: "fs-driver", name: "memory", description: "defaults", replaced: false },
      ],
      failure: undefined,
    },
    {
      specifier: "own",
      module: undefined,
      name: "own",
      contributes: [{ kind: "fs-driver", name: "local", description: "own", replaced: false }],
      failure: undefined,
    },
    expect.objectContaining({
      specifier: "absent-package",
      failure: expect.stringContaining("not found from /"),
    }),
  ]);
});
