import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mount } from "@ninefold/client";
import {
  definePlugin,
  FS_DRIVER,
  type FsDriver,
  type FsTree,
  isConfigError,
  type Plugin,
  TRANSPORT,
} from "@ninefold/core";
import { memoryTree } from "@ninefold/fs-memory";
import { connect } from "@ninefold/transport-memory";
import { type BackendOptions, createBackend } from "ninefold";
import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";

let names = 0;

/** A backend in this process that serves one fsdev of `plugins`; `connect(name)` reaches it. */
function backendWith(
  plugins: BackendOptions["plugins"],
  fsdev: Readonly<Record<string, unknown>>,
  baseDirectory?: string,
) {
  const name = `outsider-${++names}`;
  const devices = [{ type: "9p-memory", fsdev: "fs0", mount_tag: "t", name }];
  const started = createBackend({
    inline: true,
    plugins: plugins ?? [],
    fsdevs: { fs0: fsdev },
    devices,
    ...(baseDirectory !== undefined && { baseDirectory }),
  });
  return { name, started };
}

function driverPlugin(driver: Partial<FsDriver> & Pick<FsDriver, "open">): Plugin {
  const whole: FsDriver = { name: "outside", description: "", schema: z.unknown(), ...driver };
  return definePlugin({
    name: "outside-9p-fs",
    apiVersion: 1,
    contributes: { "fs-driver": [whole.name] },
    register: (registry) => registry.register(FS_DRIVER, whole),
  });
}

async function refusalOf(started: Promise<AsyncDisposable>): Promise<Error & { readonly code?: string }> {
  const outcome = await started.then(
    (backend) => backend[Symbol.asyncDispose]().then(() => new Error("it serves")),
    (error: Error) => error,
  );
  return outcome;
}

/** A tree in which one method of every node fails. */
function failing(tree: FsTree, method: string, error: unknown): FsTree {
  const attach = tree.attach.bind(tree);
  tree.attach = async (aname, user) => {
    const root = await attach(aname, user);
    Object.defineProperty(root, method, { value: () => Promise.reject(error) });
    return root;
  };
  return tree;
}

describe("options", () => {
  const schema = v.strictObject({ bucket: v.string(), depth: v.optional(v.number(), 3) });

  test("are validated by another Standard Schema library, defaults included", async () => {
    let given: unknown;
    const open = async (options: unknown): Promise<FsTree> => {
      given = options;
      return memoryTree();
    };
    const { started } = backendWith([driverPlugin({ schema, open })], { driver: "outside", bucket: "b" });
    await (await started).close();
    expect(given).toEqual({ bucket: "b", depth: 3 });
  });

  test("that are wrong are refused with the key", async () => {
    const open = (): Promise<FsTree> => memoryTree();
    for (const [options, key] of [
      [{ bucket: 7 }, "bucket"],
      [{}, "bucket"],
      [{ bucket: "b", bukket: "x" }, "bukket"],
    ] as const) {
      const error = await refusalOf(
        backendWith([driverPlugin({ schema, open })], { driver: "outside", ...options }).started,
      );
      expect(isConfigError(error)).toBe(true);
      expect(error.message).toContain("fsdev fs0");
      expect(error.message).toContain(key);
    }
  });
});

describe("a plugin that fails is named", () => {
  test("while it opens a tree", async () => {
    const open = (): Promise<FsTree> => Promise.reject(new TypeError("boom"));
    const error = await refusalOf(backendWith([driverPlugin({ open })], { driver: "outside" }).started);
    expect(error).toMatchObject({
      code: "ERR_FSDEV_OPEN",
      cause: expect.objectContaining({ message: "boom" }),
    });
    for (const word of ["fsdev fs0", "outside", "outside-9p-fs", "boom"])
      expect(error.message).toContain(word);
  });

  test("while it opens a device", async () => {
    const plugin = definePlugin({
      name: "outside-9p-transport",
      apiVersion: 1,
      contributes: { transport: ["pigeon"] },
      register: (registry) =>
        registry.register(TRANSPORT, {
          name: "pigeon",
          description: "",
          deviceTypes: ["9p-pigeon"],
          schema: z.unknown(),
          open: () => Promise.reject(new Error("no pigeon")),
        }),
    });
    const started = createBackend({
      inline: true,
      plugins: [plugin],
      fsdevs: { fs0: { driver: "memory" } },
      devices: [{ type: "9p-pigeon", fsdev: "fs0", mount_tag: "t" }],
    });
    const error = await refusalOf(started);
    expect(error.code).toBe("ERR_DEVICE_OPEN");
    for (const word of ["pigeon", "outside-9p-transport", "no pigeon"]) expect(error.message).toContain(word);
  });

  test("while it serves: that request fails with EIO, is told, and nothing else stops", async () => {
    const open = async (): Promise<FsTree> => failing(await memoryTree(), "mkdir", new RangeError("a bug"));
    const { name, started } = backendWith([driverPlugin({ open })], { driver: "outside" });
    await using backend = await started;
    const told: string[] = [];
    backend.events.on("session-error", ({ message }) => told.push(message));
    await using guest = await mount(connect(name));
    await expect(guest.mkdir("x")).rejects.toMatchObject({ code: "EIO" });
    await guest.writeFile("y", "still served");
    expect(new TextDecoder().decode(await guest.readFile("y"))).toBe("still served");
    expect(told.join()).toContain("a bug");
  });
});

test("a plugin with a copy of core of its own works, and its errors are known", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-copies-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(fileURLToPath(new URL("../../core/src/contracts", import.meta.url)), join(folder, "contracts"), {
    recursive: true,
  });
  writeFileSync(
    join(folder, "plugin.ts"),
    `import { ConfigError, definePlugin, FS_DRIVER, FsError } from "./contracts/index.ts";
     const refuse = async () => { throw new FsError("EDQUOT"); };
     const root = {
       name: "", key: () => ({ id: Uint8Array.of(1), path: [] }), retain() {}, release() {}, parent: () => root,
       stat: async (into: { mode: number }) => { into.mode = 0o040755; }, lookup: refuse, open: refuse,
     };
     const tree = {
       supports: { readOnly: false, locks: true }, attach: async () => root, find: refuse, statfs: refuse, releaseLocks() {}, close: async () => {},
     };
     const open = async ({ bad }: { bad?: boolean }) => {
       if (bad) throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: "fsdev fs0", problem: "bad is bad", hint: "be good" });
       return tree;
     };
     const schema = { "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) } };
     const driver = { name: "copied", description: "", schema, open } as never;
     export default definePlugin({ name: "copied", apiVersion: 1, contributes: { "fs-driver": ["copied"] }, register: (r) => r.register(FS_DRIVER, driver) });`,
  );
  const { name, started } = backendWith(["./plugin.ts"], { driver: "copied" }, folder);
  {
    await using _backend = await started;
    await using guest = await mount(connect(name));
    await expect(guest.stat("x")).rejects.toMatchObject({ code: "EDQUOT" });
  }
  const error = await refusalOf(
    backendWith(["./plugin.ts"], { driver: "copied", bad: true }, folder).started,
  );
  expect(isConfigError(error)).toBe(true);
  expect(error).toMatchObject({
    code: "ERR_CONFIG_VALUE",
    message: expect.stringContaining("bad is bad; be good"),
  });
});
