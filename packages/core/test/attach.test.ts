import {
  ATTACH_STRATEGY,
  type Decision,
  definePlugin,
  type KernelOptions,
  OFFER_SOURCE,
  type Offer,
  type OfferSink,
  type Plugin,
} from "@ninefold/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type TestKernel, testKernel, until } from "./fixtures/harness.ts";

function offer(domid: number, devid = 0, parts: Partial<Offer> = {}): Offer {
  return {
    id: `9pfs/${domid}/${devid}`,
    kind: "9pfs",
    domid,
    devid,
    domainName: undefined,
    backendPath: `/local/domain/0/backend/9pfs/${domid}/${devid}`,
    frontendPath: `/local/domain/${domid}/device/9pfs/${devid}`,
    tag: "t",
    path: undefined,
    securityModel: undefined,
    fsdev: undefined,
    limits: { maxSpace: 0, maxFiles: 0, maxOpenFiles: 0, autoDelete: false },
    ...parts,
  };
}

interface Bench extends TestKernel {
  readonly sink: () => OfferSink;
  readonly refused: string[];
}

const NAMES = [
  "offer",
  "attach",
  "refuse",
  "steal",
  "restore",
  "detach",
  "withdraw",
  "session-error",
] as const;

/** A kernel whose offers are the test's, and whose strategy is a function of it. */
function bench(
  plain: Record<string, unknown>,
  match: (offer: Offer) => Decision,
  found: readonly Offer[] = [],
  options: Partial<KernelOptions> = {},
): Bench {
  let sink: OfferSink | undefined;
  const refused: string[] = [];
  const plugin: Plugin = definePlugin({
    name: "bench",
    apiVersion: 1,
    contributes: { "attach-strategy": ["bench"], "offer-source": ["bench"] },
    register(registry) {
      registry.register(ATTACH_STRATEGY, {
        name: "bench",
        description: "",
        schema: z.strictObject({ shared: z.string().optional() }),
        match,
      });
      registry.register(OFFER_SOURCE, {
        name: "bench",
        start: async (given) => {
          sink = given;
          for (const one of found) given.offer(one);
        },
        refuse: async ({ id }, reason) => void refused.push(`${id}: ${reason}`),
        stop: async () => {},
      });
    },
  });
  const fsdevs = { a: { driver: "stub" }, b: { driver: "stub" } };
  const made = testKernel(
    { fsdevs, xen: { attach: "bench" }, ...plain },
    { listen: NAMES, ownPlugins: [plugin], ...options },
  );
  return {
    ...made,
    refused,
    sink: () => {
      if (sink === undefined) throw new Error("not started");
      return sink;
    },
  };
}

const attach = (fsdev: string, device?: string): Decision => ({
  kind: "attach",
  fsdev,
  mountTag: "t",
  reason: "told to",
  ...(device === undefined ? {} : { device }),
});

const DEVICE = { id: "d0", type: "stub-9p", fsdev: "a", mount_tag: "t", peers: 1 };
const D0 = "/machine/peripheral/d0";

describe.each(["inline", "process"] as const)("with lanes %s", (laneMode) => {
  test("a device that is taken has its sessions revoked, and readmitted when it goes back", async () => {
    const { kernel, told, sink } = bench({ devices: [DEVICE] }, () => attach("a", D0), [], { laneMode });
    await kernel.start();
    sink().offer(offer(1));
    await until(() => told.some(({ name }) => name === "attach"), "attach");
    expect(kernel.devices.get("d0")).toMatchObject({ state: "taken", takenBy: "9pfs/1/0", connections: 1 });
    expect(kernel.status().xen?.offers).toMatchObject([{ state: "attached", taken: D0 }]);
    await until(() => told.some(({ event }) => event.message === "revoked"), "revoked");
    await expect(kernel.removeDevice("d0")).rejects.toThrow("it is in use by offer 9pfs/1/0");
    await expect(kernel.removeDevice("9pfs-1-0")).rejects.toThrow("it is in use by offer 9pfs/1/0");
    sink().withdraw("9pfs/1/0");
    await until(() => told.some(({ name }) => name === "withdraw"), "withdraw");
    await until(() => told.some(({ event }) => event.message === "readmitted"), "readmitted");
    expect(kernel.devices.get("d0")).toMatchObject({ state: "connected", takenBy: undefined });
    expect(told.map(({ name }) => name).filter((name) => name !== "session-error")).toEqual([
      ...["offer", "steal", "attach", "detach", "restore", "withdraw"],
    ]);
  });
});

test("when the lane that serves an offer dies, the toolstack is told, and the device is free for the next", async () => {
  const { kernel, told, sink, refused } = bench({ devices: [DEVICE] }, () => attach("a", D0), [offer(1)]);
  await kernel.start();
  const pid = kernel.status().lanes[0]?.pid ?? 0;
  process.kill(pid, "SIGKILL");
  await until(() => told.some(({ name }) => name === "refuse"), "refuse");
  expect(refused).toEqual([
    '9pfs/1/0: the process that served fsdev "a" died (signal SIGKILL); detach the device and attach it again',
  ]);
  expect(kernel.devices.find()).toMatchObject([{ path: D0, state: "failed", takenBy: undefined }]);
  sink().withdraw("9pfs/1/0");
  sink().offer(offer(2));
  await until(() => told.filter(({ name }) => name === "attach").length === 2, "the next attach");
  expect(kernel.status().lanes).toMatchObject([{ fsdev: "a", state: "running" }]);
});

test("offers that are there together are answered by domain and device number", async () => {
  const asked: string[] = [];
  const found = [offer(2), offer(1, 1), offer(10), offer(1, 0)];
  const { kernel, sink } = bench(
    {},
    ({ id }) => {
      asked.push(id);
      return { kind: "refuse", code: "no-match", reason: "no" };
    },
    found,
    { laneMode: "inline" },
  );
  await kernel.start();
  expect(asked).toEqual(["9pfs/1/0", "9pfs/1/1", "9pfs/2/0", "9pfs/10/0"]);
  for (const domid of [22, 21]) sink().offer(offer(domid));
  await until(() => asked.length === 6, "all are asked");
  expect(asked.slice(4)).toEqual(["9pfs/21/0", "9pfs/22/0"]);
});

test("an offer that is gone before it was answered leaves nothing", async () => {
  const { kernel, told, sink } = bench({}, () => attach("a"), [], { laneMode: "inline" });
  await kernel.start();
  sink().offer(offer(1));
  sink().withdraw("9pfs/1/0");
  sink().offer(offer(2));
  await until(() => told.some(({ name }) => name === "attach"), "attach");
  expect(told.map(({ event }) => event.offer)).toEqual(["9pfs/2/0", "9pfs/2/0"]);
  await kernel.stop();
  expect(told.at(-1)).toMatchObject({ name: "detach", event: { reason: "the server stops" } });
});

test("two decisions for one device: the second is a fault of the strategy, and refused", async () => {
  const { kernel, refused } = bench({ devices: [DEVICE] }, () => attach("a", D0), [offer(1), offer(2)], {
    laneMode: "inline",
  });
  await kernel.start();
  expect(refused).toEqual([`9pfs/2/0: strategy bench is wrong: ${D0} is taken by offer 9pfs/1/0`]);
});

test("a stop while an offer is being answered ends all the same", async () => {
  const { kernel, sink } = bench({ fsdevs: { a: { driver: "stub", fail: "hang" } } }, () => attach("a"), [], {
    stopTimeoutMs: 200,
  });
  await kernel.start();
  sink().offer(offer(1));
  await until(() => kernel.devices.find().length === 1, "the device is realized");
  await kernel.stop();
  expect(kernel.devices.find()).toEqual([]);
});

describe.each(["inline", "process"] as const)(
  "a driver that hangs while it opens, with lanes %s",
  (laneMode) => {
    const fsdevs = { a: { driver: "stub", fail: "hang" }, b: { driver: "stub" } };
    const stuck = { id: "d1", type: "virtio-9p-pci", fsdev: "a", mount_tag: "t" };
    const byDomain = ({ domid }: Offer): Decision => attach(domid === 1 ? "a" : "b");

    test("holds up no later offer, and neither fsdevs nor devices that come and go", async () => {
      const { kernel, told, sink } = bench({ fsdevs }, byDomain, [], { laneMode, stopTimeoutMs: 200 });
      await kernel.start();
      sink().offer(offer(1));
      await until(() => kernel.status().xen?.offers[0]?.state === "opening", "the first is being opened");
      sink().offer(offer(2));
      await until(() => told.some(({ name }) => name === "attach"), "the second is attached");
      expect(told.filter(({ name }) => name === "attach")).toMatchObject([{ event: { offer: "9pfs/2/0" } }]);
      await kernel.addFsdev({ id: "c", driver: "stub", options: {}, layers: [] });
      await kernel.addDevice({ id: "d9", type: "stub-9p", fsdev: "c", mountTag: "t", options: { peers: 1 } });
      await kernel.removeDevice("d9");
      expect(kernel.status().xen?.offers).toMatchObject([
        { state: "opening", fsdev: "a" },
        { state: "attached" },
      ]);
      await expect(kernel.removeDevice("9pfs-1-0")).rejects.toThrow("it is in use by offer 9pfs/1/0");
    });

    test("is given up when its offer is withdrawn, and what was taken goes back to the next", async () => {
      const steal = ({ domid }: Offer): Decision =>
        domid === 1 ? attach("a", "/machine/peripheral/d1") : attach("b");
      const { kernel, told, refused, sink } = bench({ fsdevs, devices: [stuck] }, steal, [], {
        laneMode,
        stopTimeoutMs: 50,
      });
      await kernel.start();
      sink().offer(offer(1));
      await until(() => told.some(({ name }) => name === "steal"), "the device is taken");
      sink().withdraw("9pfs/1/0");
      sink().offer(offer(1));
      await until(() => told.filter(({ name }) => name === "steal").length === 2, "the next has it");
      expect(told.map(({ name }) => name).filter((name) => name !== "session-error")).toEqual([
        ...["offer", "steal", "restore", "withdraw", "offer", "steal"],
      ]);
      expect(refused).toEqual([]);
      expect(kernel.devices.get("d1")).toMatchObject({ state: "taken", takenBy: "9pfs/1/0" });
      expect(kernel.devices.find().map(({ path }) => path)).toEqual([
        "/machine/peripheral/d1",
        "/machine/xen/9pfs-1-0",
      ]);
    });
  },
);
