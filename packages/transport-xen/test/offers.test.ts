import { readFileSync } from "node:fs";
import type { Offer } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { claimXen9pfs } from "../src/offers/claim.ts";
import { type XenOffersOptions, xenOffers } from "../src/offers/xen-offers.ts";
import { attachDevice, waitForNode } from "../src/testing/index.ts";
import { MemoryXenStore, parsePermissions, readListing, type XenStoreNodes } from "../src/xenstore/index.ts";

const capture = (name: string): string => readFileSync(new URL(`captures/${name}`, import.meta.url), "utf8");

async function offersOf(store: MemoryXenStore, options: XenOffersOptions = {}) {
  const log: string[] = [];
  const offers = new Map<string, Offer>();
  const source = xenOffers({ xenstore: store, ...options });
  await source.start({
    offer: (offer) => {
      log.push(`offer ${offer.id}`);
      offers.set(offer.id, offer);
    },
    withdraw: (id) => log.push(`withdraw ${id}`),
  });
  return { source, log, offers };
}

describe("offers of a toolstack", () => {
  test("what libxl has written, whole", async () => {
    const { source, log, offers } = await offersOf(readListing(capture("init-wait.xenstore-ls-fp")), {
      claim: false,
    });
    expect(log).toEqual(["offer xen_9pfs/1/0"]);
    expect(offers.get("xen_9pfs/1/0")).toEqual({
      id: "xen_9pfs/1/0",
      kind: "xen_9pfs",
      domid: 1,
      devid: 0,
      domainName: undefined,
      backendPath: "/local/domain/0/backend/xen_9pfs/1/0",
      frontendPath: "/local/domain/1/device/9pfs/0",
      tag: "lab",
      path: "/nonexistent",
      securityModel: "none",
      fsdev: undefined,
      limits: { maxSpace: 0, maxFiles: 0, maxOpenFiles: 0, autoDelete: false },
    });
    await source.stop();
  });

  test.each([
    ["answered by whom serves all guests", {}, "6"],
    ["left to others by who does not", { claim: false }, "5"],
  ])("a device that is taken back before anybody saw it whole is %s", async (_, options, state) => {
    const store = new MemoryXenStore();
    const takenBack = (domid: number): Promise<void> =>
      store.transaction(async (view) => {
        const backend = `/local/domain/0/backend/xen_9pfs/${domid}/0`;
        await view.write(`${backend}/frontend`, `/local/domain/${domid}/device/9pfs/0`);
        await view.write(`${backend}/online`, "0");
        await view.write(`${backend}/state`, "5");
      });
    await takenBack(1);
    const { source, log } = await offersOf(store, options);
    await takenBack(2);
    await waitForNode(store, "/local/domain/0/backend/xen_9pfs/2/0/state", state, 2000);
    await new Promise((done) => setTimeout(done, 20));
    expect(await store.read("/local/domain/0/backend/xen_9pfs/2/0/state")).toBe(state);
    // What was there at the start may be in another's hands.
    expect(await store.read("/local/domain/0/backend/xen_9pfs/1/0/state")).toBe("5");
    expect(log).toEqual([]);
    await source.stop();
  });

  test.each(["qemu-lifetime.watch", "xl-lifetime.trace"])(
    "%s, event by event: one offer, one withdrawal",
    async (name) => {
      const store = new MemoryXenStore();
      const { source, log } = await offersOf(store, { claim: false });
      const lines = capture(name).split("\n");
      // libxl writes all of its own in one transaction; the back end's first node follows.
      const published = lines.findIndex((line) => line.includes("/versions "));
      await store.transaction(async (view) => {
        for (const line of lines.slice(0, published)) await replay(view, line);
      });
      for (const line of lines.slice(published)) {
        await replay(store, line);
        await new Promise((done) => setTimeout(done, 1));
      }
      await expect
        .poll(() => log)
        .toEqual([expect.stringMatching(/^offer x?/), expect.stringMatching(/^withdraw /)]);
      await source.stop();
    },
  );

  test("come and go, one for each device, whatever kind", async () => {
    const store = new MemoryXenStore();
    const early = await attachDevice(store, { domid: 1, devid: 0, tag: "a", kind: "9pfs" });
    const { source, log } = await offersOf(store);
    const late = await attachDevice(store, { domid: 1, devid: 1, tag: "b" });
    await attachDevice(store, { domid: 12, devid: 0, tag: "c" });
    await expect.poll(() => log).toEqual(["offer 9pfs/1/0", "offer xen_9pfs/1/1", "offer xen_9pfs/12/0"]);
    await store.rm(early.backend);
    await store.rm(late.backend);
    await expect.poll(() => log.slice(3)).toEqual(["withdraw 9pfs/1/0", "withdraw xen_9pfs/1/1"]);
    await source.stop();
    await attachDevice(store, { domid: 3, devid: 0, tag: "d" });
    expect(log).toHaveLength(5);
  });

  test("made by hand, node by node, are told when they are complete", async () => {
    const store = new MemoryXenStore();
    const { source, log } = await offersOf(store);
    const front = "/local/domain/5/device/9pfs/0";
    for (const [name, value] of Object.entries({
      "frontend-id": "5",
      state: "1",
      frontend: front,
      online: "1",
    })) {
      await store.write(`/local/domain/0/backend/xen_9pfs/5/0/${name}`, value);
    }
    await new Promise((done) => setTimeout(done, 20));
    expect(log).toEqual([]);
    await store.write(`${front}/tag`, "hand");
    await store.write(`${front}/state`, "1");
    await expect.poll(() => log).toEqual(["offer xen_9pfs/5/0"]);
    await source.stop();
  });

  test("replaced under one name are two; a guest's own nodes replace nothing", async () => {
    const store = new MemoryXenStore();
    const { source, log } = await offersOf(store);
    const device = await attachDevice(store, { domid: 1, devid: 0, tag: "a", path: "/one" });
    await expect.poll(() => log).toHaveLength(1);
    await store.write(`${device.frontend}/tag`, "another");
    await store.write("/local/domain/1/name", "renamed");
    await store.write(`${device.backend}/state`, "2");
    await new Promise((done) => setTimeout(done, 20));
    expect(log).toHaveLength(1);
    await attachDevice(store, { domid: 1, devid: 0, tag: "a", path: "/two" });
    await expect.poll(() => log.slice(1)).toEqual(["withdraw xen_9pfs/1/0", "offer xen_9pfs/1/0"]);
    await source.stop();
  });

  test("that are refused end in Closed with the reason, and the toolstack's removal does not wait", async () => {
    const store = new MemoryXenStore();
    const device = await attachDevice(store, { domid: 1, devid: 0, tag: "a" });
    const { source, log, offers } = await offersOf(store);
    await source.refuse(offers.get("xen_9pfs/1/0")!, "no fsdev has the tag a");
    expect(await store.read(`${device.backend}/state`)).toBe("6");
    expect(await store.read(`${device.backend}/error`)).toBe("no fsdev has the tag a");
    expect(await store.read("/local/domain/0/error/backend/xen_9pfs/1/0/error")).toBe(
      "no fsdev has the tag a",
    );
    await device.detach(2000);
    await expect.poll(() => log).toEqual(["offer xen_9pfs/1/0", "withdraw xen_9pfs/1/0"]);
    await source.stop();
  });

  test("of a driver domain are looked for below its own name", async () => {
    const store = new MemoryXenStore({ domid: 7 });
    await store.write("domid", "7");
    await store.write("/local/domain/9/device/9pfs/0/state", "1");
    for (const [name, value] of Object.entries({ frontend: "/local/domain/9/device/9pfs/0", state: "1" })) {
      await store.write(`/local/domain/7/backend/xen_9pfs/9/0/${name}`, value);
    }
    const { source, log } = await offersOf(store);
    expect(log).toEqual(["offer xen_9pfs/9/0"]);
    expect(await store.read("/local/domain/7/libxl/xen-9pfs/state")).toBe("running");
    await source.stop();
  });
});

describe("the claim on libxl's type=xen_9pfsd", () => {
  const state = "/local/domain/0/libxl/xen-9pfs/state";

  test("stands while offers are looked for, and no longer", async () => {
    const store = new MemoryXenStore();
    const { source } = await offersOf(store);
    expect(await store.read(state)).toBe("running");
    await source.stop();
    expect(await store.directory("/local/domain/0/libxl/xen-9pfs")).toBeUndefined();
  });

  test("is refused while somebody else has it, and taken over from the dead", async () => {
    const store = new MemoryXenStore();
    await store.write(state, "running");
    await expect(claimXen9pfs(store)).rejects.toThrow("a xen-9pfsd serves type=xen_9pfsd already");
    await store.write("/local/domain/0/libxl/xen-9pfs/ninefold-pid", "123456");
    await expect(claimXen9pfs(store, () => true)).rejects.toThrow("process 123456 serves");
    const unclaim = await claimXen9pfs(store, () => false);
    await unclaim();
    await waitForNode(store, state, undefined);
  });
});

/** One line of a watch's log, or of xenstored's own trace. */
async function replay(store: XenStoreNodes, line: string): Promise<void> {
  const [, watched, value, permissions] = /^W [\d.]+ (\S+) = (.*) \((.*)\)$/.exec(line) ?? [];
  if (watched !== undefined && value === "(removed)") await store.rm(watched);
  else if (watched !== undefined) {
    await store.write(watched, value!.slice(1, -1));
    await store.setPermissions(watched, parsePermissions(permissions!));
  }
  const [, domid, operation, rest = ""] = /^\(d(\d)\) [\d:]+ (\w+) \((.*?)\s*\)$/.exec(line) ?? [];
  if (operation === undefined) return;
  const [path = "", ...words] = rest.split(" ");
  const absolute = path.startsWith("/") ? path : `/local/domain/${domid}/${path}`;
  if (operation === "WRITE") await store.write(absolute, words.join(" "));
  if (operation === "MKDIR") await store.mkdir(absolute);
  if (operation === "RM") await store.rm(absolute);
  if (operation === "SET_PERMS")
    await store.setPermissions(
      absolute,
      words.map((word) => parsePermissions(word)[0]!),
    );
}
