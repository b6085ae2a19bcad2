import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSocket, mount } from "@ninefold/client";
import { definePlugin, FS_DRIVER, type FsDriver, isConfigError } from "@ninefold/core";
import { memoryTree } from "@ninefold/fs-memory";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBackend } from "../src/index.ts";

describe("createBackend", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-backend-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const listen = () => [{ address: `unix:${folder}/a.sock`, fsdev: "fs0" }];

  for (const inline of [true, false]) {
    it(`serves ${inline ? "inline" : "by a lane's process"} until its block ends`, async () => {
      {
        const connected: string[] = [];
        await using backend = await createBackend({
          inline,
          fsdevs: { fs0: { driver: "memory" } },
          listen: listen(),
          observe: (events) => events.on("connect", ({ device }) => connected.push(device)),
        });
        expect(backend.status().lanes[0]?.pid === process.pid).toBe(inline);
        await using tree = await mount(await connectSocket({ path: join(folder, "a.sock") }));
        await tree.writeFile("f", "text");
        expect(new TextDecoder().decode(await tree.readFile("f"))).toBe("text");
        await expect.poll(() => connected).toEqual([backend.devices.find()[0]?.path]);
      }
      expect(readdirSync(folder)).toEqual([]);
    });
  }

  it("takes a live driver object when inline", async () => {
    const tree = memoryTree({ files: { hello: "from a live object" } });
    const driver: FsDriver<object> = {
      name: "mine",
      description: "a tree that this program holds",
      schema: {
        "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as object }) },
      },
      open: async () => tree,
    };
    const plugin = definePlugin({
      name: "mine",
      apiVersion: 1,
      contributes: { "fs-driver": ["mine"] },
      register: (registry) => registry.register(FS_DRIVER, driver as FsDriver),
    });
    await using _backend = await createBackend({
      inline: true,
      plugins: [plugin],
      fsdevs: { fs0: { driver: "mine" } },
      listen: listen(),
    });
    await using mounted = await mount(await connectSocket({ path: join(folder, "a.sock") }));
    expect(new TextDecoder().decode(await mounted.readFile("hello"))).toBe("from a live object");
  });

  it("refuses a mistake before anything is started", async () => {
    const attempt = createBackend({ fsdevs: { fs0: { driver: "memory", sise: 1 } }, listen: listen() });
    const error = await attempt.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isConfigError(error) && error.message).toMatch(/fsdev fs0: option "sise" is unknown; allowed: /);
    expect(readdirSync(folder)).toEqual([]);
  });
});
