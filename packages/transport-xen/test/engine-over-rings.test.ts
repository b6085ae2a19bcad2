import { createHash } from "node:crypto";
import { mount } from "@ninefold/client";
import type { TransportHost } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { attachDevice, FrontEnd, MemoryHypervisor } from "../src/testing/index.ts";
import { xenTransport } from "../src/transport.ts";
import { MemoryXenStore } from "../src/xenstore/index.ts";

const silent = (): void => {};
const log: TransportHost["log"] = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  child: () => log,
};

async function mountOver(order: number, rings: number, nodes: Record<string, string> = {}) {
  const store = new MemoryXenStore();
  const xen = new MemoryHypervisor();
  const device = await attachDevice(store, { domid: 3, devid: 1, tag: "data", nodes });
  const tree = await memoryTree();
  const engine = createEngine();
  const transport = xenTransport({
    connectXenStore: async () => store.connect(),
    openHypervisor: () => xen.open(),
  });
  const endpoint = await transport.open(
    {
      backend: device.backend,
      frontend: device.frontend,
      domid: 3,
      devid: 1,
      kind: "xen_9pfs",
      xenstore: "",
      maxRings: 8,
      maxRingPageOrder: 9,
      limits: "refuse",
      whenStopped: "closed",
    },
    {
      device: "x",
      mountTag: "data",
      baseDirectory: "/",
      log,
      openSession: (peer, maxMessageSize, limits = {}) =>
        engine.createSession({ id: "s", tree, log, peer, maxMessageSize, limits }),
      report: silent,
    },
  );
  const guest = await FrontEnd.connect({ store, domain: xen.domain(3), path: device.frontend, order, rings });
  return { xen, endpoint, guest, root: await mount(guest) };
}

describe("the engine over rings", () => {
  test.each([
    [1, 1],
    [3, 2],
    [9, 2],
    [9, 8],
  ])("of order %i, %i at once: files come back as they were written", async (order, rings) => {
    const { xen, endpoint, guest, root } = await mountOver(order, rings);
    await root.mkdir("folder");
    const contents = [0, 1, 4095, 70_000, 1_500_000].map((length, i) =>
      Uint8Array.from({ length }, (_, at) => (at * (i + 7) + (at >> 9)) & 0xff),
    );
    await Promise.all(contents.map((bytes, i) => root.writeFile(`folder/${i}`, bytes)));
    const read = await Promise.all(contents.map((_, i) => root.readFile(`folder/${i}`)));
    const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    expect(read.map(digest)).toEqual(contents.map(digest));
    expect((await root.readdir("folder")).map(({ name }) => name).sort()).toEqual(["0", "1", "2", "3", "4"]);
    await expect(root.readFile("nothing")).rejects.toMatchObject({ code: "ENOENT" });
    expect(guest.strays).toEqual([]);
    await guest.close();
    await endpoint.close();
    expect(xen.mapped).toBe(0);
  });

  test("a guest has as many files open as max-open-files says, over all its rings, and may close some", async () => {
    const { endpoint, guest, root } = await mountOver(2, 2, { "max-open-files": "3" });
    await Promise.all(["a", "b", "c", "d"].map((name) => root.mkdir(name)));
    await root.writeFile("file", new Uint8Array(3));
    const open = await Promise.all([1, 2, 3].map(() => root.open("file")));
    await expect(root.open("file")).rejects.toMatchObject({ code: "EMFILE" });
    await expect(root.readdir("a")).rejects.toMatchObject({ code: "EMFILE" });
    await expect(root.writeFile("new", new Uint8Array(1))).rejects.toMatchObject({ code: "EMFILE" });
    expect((await root.stat("d")).mode).toBeGreaterThan(0);
    await open[1]?.close();
    expect(await root.readdir("a")).toEqual([]);
    for (const file of [open[0], open[2]]) await file?.close();
    await guest.close();
    await endpoint.close();
  });
});
