import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serveXenStore, type XenStoreServer } from "../src/testing/xenstored.ts";
import { connectXenStore, MemoryXenStore, type XenStore } from "../src/xenstore/index.ts";

let folder: string;
let memory: MemoryXenStore;
let server: XenStoreServer;
let store: XenStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xenstore-"));
  memory = new MemoryXenStore();
  server = await serveXenStore(memory, join(folder, "socket"));
  store = await connectXenStore(join(folder, "socket"));
});
afterEach(async () => {
  await store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

describe("a client of xenstored", () => {
  test("reads, writes, lists and removes nodes; an absent one is undefined", async () => {
    await store.write("/a/b", "value");
    await store.write("/a/empty", "");
    await store.mkdir("/a/made");
    expect(await store.read("/a/b")).toBe("value");
    expect(await store.read("/a/empty")).toBe("");
    expect(await store.directory("/a")).toEqual(["b", "empty", "made"]);
    expect(await store.directory("/a/b")).toEqual([]);
    await store.rm("/a");
    await store.rm("/a");
    expect(await store.read("/a/b")).toBeUndefined();
    expect(await store.directory("/a")).toBeUndefined();
    expect(await store.getPermissions("/a")).toBeUndefined();
  });

  test("takes relative paths as those of its own domain", async () => {
    await memory.write("/local/domain/0/domid", "0");
    expect(await store.read("domid")).toBe("0");
  });

  test("keeps values that are not UTF-8", async () => {
    await store.write("/v", "a\udcffé");
    expect(await store.read("/v")).toBe("a\udcffé");
  });

  test("sets and gets permissions", async () => {
    await store.write("/a", "");
    await store.setPermissions("/a", [
      { domid: 1, access: "none" },
      { domid: 0, access: "read" },
    ]);
    await store.write("/a/b", "");
    expect(await store.getPermissions("/a/b")).toEqual([
      { domid: 1, access: "none" },
      { domid: 0, access: "read" },
    ]);
    await expect(store.setPermissions("/none", [{ domid: 0, access: "both" }])).rejects.toMatchObject({
      name: "XenStoreError",
      code: "ENOENT",
      message: "xenstored refused SET_PERMS /none (ENOENT)",
    });
  });

  test("reads a directory that is too long for one message", async () => {
    const names = Array.from({ length: 900 }, (_, index) => `domain-${index}`);
    for (const name of names) await memory.write(`/long/${name}`, "");
    expect(await store.directory("/long")).toEqual(names);
  });

  test("refuses a message that is longer than the protocol allows, and goes on", async () => {
    await expect(store.write("/a", "x".repeat(4100))).rejects.toMatchObject({ code: "E2BIG" });
    await store.write("/a", "x");
    expect(await store.read("/a")).toBe("x");
  });

  test("reports a watch once at the start and then each change at or below it, until it is closed", async () => {
    const seen: string[] = [];
    const watch = await store.watch("/w", (path) => seen.push(path));
    await store.write("/w/x/y", "1");
    await store.write("/elsewhere", "1");
    await store.rm("/w/x");
    await expect.poll(() => seen).toEqual(["/w", "/w/x/y", "/w/x"]);
    await watch.close();
    await watch.close();
    await store.write("/w/x", "2");
    await store.read("/w");
    expect(seen).toHaveLength(3);
  });

  test("two watches of one path are two watches", async () => {
    const seen: string[] = [];
    await store.watch("/w", () => seen.push("first"));
    const second = await store.watch("/w", () => seen.push("second"));
    await expect.poll(() => seen).toEqual(["first", "second"]);
    await second.close();
    await store.write("/w", "1");
    await expect.poll(() => seen).toEqual(["first", "second", "first"]);
  });

  test("a transaction applies all or nothing, and starts anew when another got in between", async () => {
    await store.write("/counter", "1");
    let attempts = 0;
    const result = await store.transaction(async (nodes) => {
      attempts += 1;
      const value = Number(await nodes.read("/counter"));
      if (attempts === 1) await memory.write("/counter", "10");
      await nodes.write("/counter", String(value + 1));
      await nodes.write("/made", "yes");
      expect(await nodes.read("/made")).toBe("yes");
      expect(await memory.read("/made")).toBeUndefined();
      return value;
    });
    expect([attempts, result]).toEqual([2, 10]);
    expect(await memory.read("/counter")).toBe("11");

    const failed = store.transaction(async (nodes) => {
      await nodes.write("/counter", "99");
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await memory.read("/counter")).toBe("11");
  });

  test("many requests at once get their own answers", async () => {
    for (let i = 0; i < 50; i++) await memory.write(`/n/${i}`, String(i));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.read(`/n/${i}`)));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });

  test("says when the connection has ended; requests then fail", async () => {
    const pending = expect(store.read("/a")).rejects.toMatchObject({ code: "ENOTCONN" });
    await server.close();
    await pending;
    expect(await store.ended).toBeInstanceOf(Error);
    await expect(store.read("/a")).rejects.toMatchObject({ code: "ENOTCONN" });
    await store.close();
  });

  test("says where nobody answers", async () => {
    await expect(connectXenStore(join(folder, "nobody"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("ends when the other side speaks nonsense", async () => {
    const path = join(folder, "nonsense");
    const nonsense = createServer((socket) => socket.end(Buffer.alloc(16, 0xff)));
    await new Promise<void>((done) => nonsense.listen(path, done));
    const broken = await connectXenStore(path);
    expect((await broken.ended)?.message).toContain("4294967295 bytes");
    await new Promise((done) => nonsense.close(done));
  });
});
