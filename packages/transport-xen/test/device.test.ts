import { describe, expect, test } from "vitest";
import { attachDevice } from "../src/testing/index.ts";
import { deviceBench } from "./device-bench.ts";
import { readRingState } from "./ring-state.ts";
import { message, tread } from "./stub-session.ts";

describe("a device of xenstore", () => {
  test("is prepared as a front end expects it, served, and closed with its guest", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    expect(await bench.state()).toBe("2");
    const { backend, frontend } = bench.device;
    expect(await bench.store.read(`${backend}/versions`)).toBe("1");
    expect(await bench.store.read(`${backend}/max-rings`)).toBe("8");
    expect(await bench.store.read(`${backend}/max-ring-page-order`)).toBe("9");
    const guest = await bench.guest();
    expect(bench.maxMessageSizes).toEqual([524288]);
    expect(bench.events).toEqual([{ kind: "connect", peer: { description: "domain 1, xen_9pfs/1/0" } }]);
    expect(await guest.request(message(50, 1, Uint8Array.of(5)))).toEqual(message(51, 1, Uint8Array.of(5)));
    expect((await guest.request(tread(2, 0, 100_000))).length).toBe(100_011);
    await guest.close();
    expect(await bench.state()).toBe("6");
    expect(await bench.store.read(`${frontend}/state`)).toBe("6");
    expect(bench.events.at(-1)).toMatchObject({ kind: "disconnect", reason: "the guest let the device go" });
    expect([bench.xen.mapped, bench.xen.ports, bench.sessions[0]!.isClosed]).toEqual([0, 0, true]);
    await bench.device.destroy();
    await endpoint.close();
    expect(await bench.state()).toBeUndefined();
    expect(bench.lines).toEqual([]);
  });

  test.each([0, 1, 4, 9])(
    "serves one session over all rings of order %i, the reply on its request's ring",
    async (order) => {
      const bench = await deviceBench();
      const endpoint = await bench.serve();
      const guest = await bench.guest({ rings: 8, order });
      const requests = Array.from({ length: 100 }, (_, tag) => guest.request(tread(tag, tag, 300)));
      const replies = await Promise.all(requests);
      expect(replies.every((reply, tag) => reply[5] === tag && reply.length === 311)).toBe(true);
      expect(bench.sessions).toHaveLength(1);
      expect(bench.sessions[0]!.handled).toBe(100);
      expect(bench.maxMessageSizes).toEqual([order === 9 ? 524288 : order === 4 ? 16384 : 2048 << order]);
      await guest.close();
      await endpoint.close();
    },
  );

  test("writes hotplug-status for libxl's type=qemu", async () => {
    const bench = await deviceBench({ kind: "9pfs" });
    const endpoint = await bench.serve();
    expect(await bench.store.read(`${bench.device.backend}/hotplug-status`)).toBe("connected");
    await endpoint.close();
  });

  test("lets go at once when the toolstack destroys the guest under load", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    bench.sessions[0]!.holds = () => true;
    for (let tag = 0; tag < 20; tag++) guest.request(message(50, tag)).catch(() => {});
    await expect.poll(() => bench.sessions[0]!.held.length).toBe(20);
    await bench.device.destroy(2000);
    expect([bench.xen.mapped, bench.sessions[0]!.isClosed]).toEqual([0, true]);
    expect(bench.events.at(-1)).toMatchObject({
      reason: expect.stringMatching(/the front end is gone|took the device back/),
    });
    guest.abandon();
    await endpoint.close();
    expect(bench.store.list("/local/domain/0/backend/xen_9pfs/1/0")).toEqual([]);
  });

  test("closes when the toolstack takes the device back, and serves the next one of the same name", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const first = await bench.guest();
    await bench.device.detach(2000);
    first.abandon();
    expect(bench.events.map((event) => event.kind)).toEqual(["connect", "disconnect"]);
    await endpoint.close();
    const again = await deviceBench();
    const second = await again.serve();
    await (await again.guest()).close();
    await second.close();
  });

  test("that is replaced by another of the same name, in one transaction, is that one", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const first = await bench.guest();
    for (const isUsed of [false, true]) {
      await attachDevice(bench.store, { domid: 1, devid: 0, tag: "lab" });
      const guest = await bench.guest();
      await guest.request(message(50, 1));
      if (isUsed) await guest.close();
    }
    first.abandon();
    await endpoint.close();
  });

  test("begins anew with a front end that does", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const first = await bench.guest();
    await first.request(message(50, 1));
    await first.close();
    await bench.store.write(`${bench.device.frontend}/state`, "1");
    const second = await bench.guest();
    await second.request(message(50, 1));
    // A guest that crashed and came back says nothing of the end.
    await bench.store.write(`${bench.device.frontend}/state`, "1");
    await expect.poll(bench.state).toBe("2");
    const third = await bench.guest();
    await third.request(message(50, 1));
    expect(bench.sessions.map((session) => session.isClosed)).toEqual([true, true, false]);
    await third.close();
    second.abandon();
    await endpoint.close();
    expect(bench.xen.mapped).toBe(0);
  });

  test("may be served before the toolstack's front end is there", async () => {
    const bench = await deviceBench();
    await bench.store.rm(bench.device.frontend);
    const endpoint = await bench.serve();
    expect(await bench.state()).toBe("2");
    await bench.store.write(`${bench.device.frontend}/backend`, bench.device.backend);
    await bench.store.write(`${bench.device.frontend}/state`, "1");
    const guest = await bench.guest();
    await guest.request(message(50, 1));
    await guest.close();
    await endpoint.close();
  });

  test("is taken up by a new process where one has died, and what waits gets its answer", async () => {
    const bench = await deviceBench();
    const left = await bench.serve({ whenStopped: "left" });
    const guest = await bench.guest();
    bench.sessions[0]!.holds = () => true;
    const waiting = guest.request(message(50, 3, Uint8Array.of(9)));
    await expect.poll(() => bench.sessions[0]!.held.length).toBe(1);
    await left.close();
    expect([await bench.state(), bench.xen.mapped]).toEqual(["4", 0]);
    const rings = readRingState(guest);
    expect(rings[1]).toMatchObject({ outCons: 0, outProd: 8 });
    const endpoint = await bench.serve();
    expect(await waiting).toEqual(message(51, 3, Uint8Array.of(9)));
    await guest.request(tread(4, 0, 1000));
    await guest.close();
    await endpoint.close();
  });

  test("is left when the server is lost, and taken up as soon as the old one has let go", async () => {
    const bench = await deviceBench();
    const lost = await bench.serve();
    const guest = await bench.guest();
    const taking = bench.serve();
    await new Promise((done) => setTimeout(done, 150));
    await lost.close({ isLost: true });
    const endpoint = await taking;
    expect(await bench.state()).toBe("4");
    expect(await guest.request(message(50, 1, Uint8Array.of(7)))).toEqual(message(51, 1, Uint8Array.of(7)));
    await guest.close();
    await endpoint.close();
    expect(bench.xen.mapped).toBe(0);
  });

  test("is closed when the server stops, unless it is to be left", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    await endpoint.close();
    expect([await bench.state(), bench.xen.mapped]).toEqual(["6", 0]);
    expect(bench.events.at(-1)).toMatchObject({ reason: "the server stops" });
    guest.abandon();
  });

  test("refuses a second back end on the same device, which goes on with the first", async () => {
    const bench = await deviceBench();
    const first = await bench.serve();
    const guest = await bench.guest();
    const second = bench.serve();
    await expect(second).rejects.toMatchObject({
      name: "ConfigError",
      code: "ERR_DEVICE_OPEN",
      message: expect.stringContaining("is not free"),
    });
    expect(await bench.state()).toBe("4");
    await guest.request(message(50, 1));
    await guest.close();
    await first.close();
    expect(bench.xen.ports).toBe(0);
  });

  test.each([
    ["version", "2", "the front end speaks version 2, not 1"],
    ["version", "9".repeat(4000), "the front end speaks version 99999"],
    ["num-rings", "0", "the front end has 0 rings; 1 to 8 are offered"],
    ["num-rings", "9", "the front end has 9 rings"],
    ["num-rings", "x", 'num-rings is "x", not a number'],
    ["ring-ref0", "", 'ring-ref0 is "", not a number'],
    ["ring-ref1", "99999", "has not granted 1 pages from 99999 on"],
    ["event-channel-0", "4294967296", "not a number"],
    ["event-channel-1", "77", "port 77 of domain 1 is not free"],
  ])("is closed, with the reason beside it, when the front end's %s is %s", async (node, value, reason) => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const { backend, frontend } = bench.device;
    const domain = bench.xen.domain(1);
    for (const [name, each] of Object.entries({
      version: "1",
      "num-rings": "2",
      "ring-ref0": "8",
      "ring-ref1": "8",
    })) {
      await bench.store.write(`${frontend}/${name}`, each);
    }
    const page = domain.grant(2);
    for (const i of [0, 1]) {
      await bench.store.write(`${frontend}/ring-ref${i}`, String(page.refs[0]));
      await bench.store.write(`${frontend}/event-channel-${i}`, String(domain.allocatePort(() => {}).port));
    }
    page.bytes[132] = page.refs[1]!;
    await bench.store.write(`${frontend}/${node}`, value);
    await bench.store.write(`${frontend}/state`, "3");
    await expect.poll(bench.state).toBe("6");
    expect(await bench.store.read(`${backend}/error`)).toContain(reason);
    expect(bench.xen.mapped).toBe(0);
    await endpoint.close();
  });

  test("is closed when a ring is broken, and may be used again by a front end that begins anew", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    guest.rings[1]!.ring.indices.outProd = 0x7fffffff;
    guest.rings[1]!.channel.notify();
    await expect.poll(bench.state).toBe("6");
    expect(await bench.store.read(`${bench.device.backend}/error`)).toContain(
      "ring 1: 2147483647 bytes of requests",
    );
    expect(bench.events.at(-1)).toMatchObject({
      kind: "disconnect",
      reason: expect.stringContaining("ring 1"),
    });
    expect(bench.xen.mapped).toBe(0);
    guest.abandon();
    await bench.store.write(`${bench.device.frontend}/state`, "1");
    const again = await bench.guest();
    await again.request(message(50, 1));
    await again.close();
    await endpoint.close();
  });

  test("with limits that need a tree's help is refused, served without them, or trusts its tree", async () => {
    const nodes = { "max-files": "10", "max-space": "0", "auto-delete": "1", "max-open-files": "3" };
    const bench = await deviceBench({ nodes });
    await expect(bench.serve()).rejects.toMatchObject({
      name: "ConfigError",
      code: "ERR_DEVICE_OPEN",
      message: expect.stringContaining("max-files=10, auto-delete=1"),
    });
    for (const limits of ["ignore", "enforce"]) {
      const endpoint = await bench.serve({ limits });
      const guest = await bench.guest();
      await guest.close();
      await endpoint.close();
      await bench.store.write(`${bench.device.frontend}/state`, "1");
    }
    expect(bench.limits).toEqual([{ openFiles: 0 }, { openFiles: 3 }]);
  });

  test.each([
    ["12", 12],
    ["0", 0],
    ["", 0],
    ["many", 0],
  ])("with max-open-files=%j lets its session have %i", async (value, openFiles) => {
    const bench = await deviceBench({ nodes: { "max-open-files": value } });
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    expect(bench.limits).toEqual([{ openFiles }]);
    await guest.close();
    await endpoint.close();
  });

  test("never makes nodes of a device that is gone", async () => {
    const bench = await deviceBench();
    const endpoint = await bench.serve();
    const guest = await bench.guest();
    await bench.store.rm(bench.device.backend);
    await expect.poll(() => bench.events.length).toBe(2);
    expect(bench.events[1]).toMatchObject({ reason: "the toolstack removed the device" });
    await endpoint.close();
    guest.abandon();
    expect(await bench.state()).toBeUndefined();
  });

  test("many devices at once live and end alone", async () => {
    const benches = await Promise.all(Array.from({ length: 20 }, (_, devid) => deviceBench({ devid })));
    const endpoints = await Promise.all(benches.map((bench) => bench.serve()));
    const guests = await Promise.all(benches.map((bench) => bench.guest({ order: 1 })));
    guests[3]!.rings[0]!.ring.indices.outProd = 0x7fffffff;
    guests[3]!.rings[0]!.channel.notify();
    await Promise.all(guests.filter((_, i) => i !== 3).map((guest) => guest.request(message(50, 1))));
    await expect.poll(benches[3]!.state).toBe("6");
    await Promise.all(guests.filter((_, i) => i !== 3).map((guest) => guest.close()));
    guests[3]!.abandon();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  });
});
