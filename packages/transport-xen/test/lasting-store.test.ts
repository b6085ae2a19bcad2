import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Offer } from "@ninefold/core/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { xenOffers } from "../src/index.ts";
import { attachDevice, serveXenStore, type XenStoreServer } from "../src/testing/index.ts";
import { connectXenStore, lastingXenStore, MemoryXenStore, type XenStore } from "../src/xenstore/index.ts";
import { deviceBench } from "./device-bench.ts";
import { message } from "./stub-session.ts";

let folder: string;
let socket: string;
let memory: MemoryXenStore;
let server: XenStoreServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xenstore-"));
  socket = join(folder, "socket");
  memory = new MemoryXenStore();
  server = await serveXenStore(memory, socket);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** xenstored ends, and is started again with these nodes. */
async function restart(nodes = memory): Promise<void> {
  await server.close();
  server = await serveXenStore(nodes, socket);
}

describe("a xenstore that outlives its connection", () => {
  let told: string[];
  let store: XenStore;
  beforeEach(async () => {
    told = [];
    store = await lastingXenStore({
      connect: () => connectXenStore(socket),
      giveUpAfterMs: 300,
      onLoss: () => told.push("loss"),
      onReturn: () => told.push("return"),
    });
  });
  afterEach(() => store.close());

  test("asks again what was asked while there was none, and sets its watches again", async () => {
    const seen: string[] = [];
    const watch = await store.watch("/w", (path) => seen.push(path));
    const closed = await store.watch("/w", () => seen.push("closed"));
    await expect.poll(() => seen.length).toBe(2);
    await closed.close();
    await server.close();
    const reading = store.read("/a");
    const late = store.watch("/late", (path) => seen.push(path));
    const counting = store.transaction(async (nodes) => {
      await nodes.write("/n", String(Number((await nodes.read("/n")) ?? 0) + 1));
    });
    await memory.write("/a", "1");
    server = await serveXenStore(memory, socket);
    expect(await reading).toBe("1");
    await counting;
    await late;
    expect(await memory.read("/n")).toBe("1");
    await expect.poll(() => seen.slice(2).sort()).toEqual(["/late", "/w"]);
    await store.write("/w/x", "1");
    await expect.poll(() => seen.at(-1)).toBe("/w/x");
    expect(seen).not.toContain("closed/w/x");
    await watch.close();
    expect(told).toEqual(["loss", "return"]);
  });

  test("bears one loss after the other, in the midst of requests", async () => {
    let isDone = false;
    const work = (async () => {
      for (let i = 0; i < 300; i++) {
        await store.write("/counter", String(i));
        expect(await store.read("/counter")).toBe(String(i));
      }
      isDone = true;
    })();
    while (!isDone) {
      await restart();
      await new Promise((done) => setTimeout(done, 5));
    }
    await work;
    expect(told.length).toBeGreaterThan(2);
  });

  test("gives up, and says so", async () => {
    await server.close();
    await expect(store.read("/a")).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(await store.ended).toBeInstanceOf(Error);
    await expect(store.watch("/a", () => {})).rejects.toMatchObject({ code: "ENOTCONN" });
  });

  test("passes on what is refused, and ends when it is closed", async () => {
    await expect(store.write("//", "")).rejects.toMatchObject({ name: "XenStoreError" });
    await store.close();
    await store.close();
    expect(await store.ended).toBeUndefined();
    await expect(store.read("/a")).rejects.toMatchObject({ code: "ENOTCONN" });
  });
});

describe("when xenstored is started again", () => {
  test("a device that is served goes on, and ends as the toolstack says", async () => {
    const bench = await deviceBench({}, undefined, () => connectXenStore(socket));
    await restart(bench.store);
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    await server.close();
    await guest.request(message(50, 1));
    server = await serveXenStore(bench.store, socket);
    await guest.request(message(50, 2));
    await bench.device.detach(5000);
    expect(bench.xen.mapped).toBe(0);
    expect(bench.lines.filter((line) => line.includes("xenstored"))).toEqual([
      expect.stringContaining("the connection to xenstored is lost: the device is served on"),
      expect.stringContaining("connected to xenstored again"),
    ]);
    guest.abandon();
    await endpoint.close();
  });

  test("a server that stops meanwhile does not wait for long", async () => {
    const bench = await deviceBench({}, undefined, () => connectXenStore(socket));
    await restart(bench.store);
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    await server.close();
    const began = performance.now();
    await endpoint.close();
    expect(performance.now() - began).toBeLessThan(3000);
    expect(bench.xen.mapped).toBe(0);
    guest.abandon();
  });

  test("offers that came meanwhile are seen, and libxl's type=xen_9pfsd is claimed in an empty store", async () => {
    const seen: string[] = [];
    const offers = xenOffers({ xenstore: socket, domid: 0 });
    await memory.write("/local/domain/0/domid", "0");
    await offers.start({ offer: ({ id }: Offer) => seen.push(id), withdraw: (id) => seen.push(`-${id}`) });
    await attachDevice(memory, { domid: 1, devid: 0, tag: "a" });
    await expect.poll(() => seen).toEqual(["xen_9pfs/1/0"]);
    await server.close();
    const fresh = new MemoryXenStore();
    await attachDevice(fresh, { domid: 2, devid: 0, tag: "b" });
    server = await serveXenStore(fresh, socket);
    await expect.poll(() => seen).toEqual(["xen_9pfs/1/0", "-xen_9pfs/1/0", "xen_9pfs/2/0"]);
    await expect.poll(() => fresh.read("/local/domain/0/libxl/xen-9pfs/state")).toBe("running");
    await offers.stop();
    expect(await fresh.read("/local/domain/0/libxl/xen-9pfs/state")).toBeUndefined();
  });
});
