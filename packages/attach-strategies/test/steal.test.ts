import { aDevice, machineOf } from "@ninefold/compliance/attach-strategy";
import { describe, expect, test } from "vitest";
import { stealing } from "../src/steal.ts";
import { brief, capturedOffer, capturedOffers, local } from "./captured.ts";

const steal = stealing();
const fs0 = local("fs0", "/srv/a");
const lab = aDevice("d0", { mountTag: "lab" });

describe("steal, on captured trees", () => {
  test.each(["init-wait", "after-kill", "qemu-written", "qemu-connected"])("%s: by the tag", async (name) => {
    const offer = await capturedOffer(name);
    const decision = await steal.match(offer, machineOf({ fsdevs: [fs0], devices: [lab] }), { force: false });
    expect(decision).toMatchObject({
      kind: "attach",
      fsdev: "fs0",
      mountTag: "lab",
      device: "/machine/peripheral/d0",
      reason: '/machine/peripheral/d0 fits by its tag "lab"',
    });
  });

  test("two guests, three tags: each its own device, in any container", async () => {
    const devices = [
      aDevice("x", { mountTag: "site" }),
      aDevice("y", { mountTag: "logs", path: "/machine/peripheral-anon/device[0]", id: undefined }),
      aDevice("z", { mountTag: "data", type: "virtio-9p-device" }),
    ];
    const offers = [...(await capturedOffers("two-guests")).values()];
    const machine = machineOf({ fsdevs: [fs0], devices });
    const decided = await Promise.all(offers.map((offer) => steal.match(offer, machine, { force: false })));
    expect(decided.map(brief)).toEqual([
      "attach fs0 site /machine/peripheral/x",
      "attach fs0 logs /machine/peripheral-anon/device[0]",
      "attach fs0 data /machine/peripheral/z",
    ]);
  });

  test("by the path, when the tag fits none or several", async () => {
    const offer = await capturedOffer("qemu-written");
    const fsdevs = [fs0, local("fs1", "/srv/b")];
    const other = aDevice("d1", { mountTag: "other" });
    expect(brief(await steal.match(offer, machineOf({ fsdevs, devices: [other] }), { force: false }))).toBe(
      "attach fs0 lab /machine/peripheral/d1",
    );
    const twin = aDevice("d2", { mountTag: "lab", fsdev: "fs1" });
    expect(
      brief(await steal.match(offer, machineOf({ fsdevs, devices: [lab, twin] }), { force: false })),
    ).toBe("attach fs0 lab /machine/peripheral/d0");
  });

  test("by devid order among what fits equally, and for an offer that names nothing", async () => {
    const offer = await capturedOffer("init-wait");
    const twins = [lab, aDevice("d1", { mountTag: "lab" })];
    const machine = machineOf({ fsdevs: [fs0], devices: twins });
    expect(brief(await steal.match({ ...offer, devid: 1 }, machine, { force: false }))).toBe(
      "attach fs0 lab /machine/peripheral/d1",
    );
    const nameless = { ...offer, tag: undefined, path: undefined };
    expect(brief(await steal.match(nameless, machine, { force: false }))).toBe(
      "attach fs0 lab /machine/peripheral/d0",
    );
  });
});

describe("steal refuses", () => {
  test("ambiguity, with the candidates' tree paths", async () => {
    const offer = { ...(await capturedOffer("init-wait")), devid: 5 };
    const devices = [lab, aDevice("d1", { mountTag: "lab" })];
    expect(await steal.match(offer, machineOf({ fsdevs: [fs0], devices }), { force: false })).toEqual({
      kind: "refuse",
      code: "ambiguous",
      reason:
        '2 devices fit tag "lab", path "/nonexistent", devid 5 equally (/machine/peripheral/d0, /machine/peripheral/d1): give each a mount_tag of its own',
      candidates: ["/machine/peripheral/d0", "/machine/peripheral/d1"],
    });
  });

  test("equal devices of which devid order names none: the device of that number has another tag", async () => {
    const twins = [aDevice("d1", { mountTag: "lab" }), aDevice("d2", { mountTag: "lab" })];
    const devices = [aDevice("d0", { mountTag: "other" }), ...twins];
    const offer = await capturedOffer("init-wait");
    expect(await steal.match(offer, machineOf({ fsdevs: [fs0], devices }), { force: false })).toMatchObject({
      code: "ambiguous",
      candidates: ["/machine/peripheral/d1", "/machine/peripheral/d2"],
    });
  });

  test("a tag that nothing has, whatever the devid: no guest gets another's folder", async () => {
    const offer = await capturedOffer("init-wait");
    const devices = [aDevice("d0", { mountTag: "other" })];
    expect(await steal.match(offer, machineOf({ fsdevs: [fs0], devices }), { force: false })).toMatchObject({
      code: "no-match",
      reason:
        'no device fits tag "lab", path "/nonexistent", devid 0: there are /machine/peripheral/d0 (mount_tag "other"); give one of them mount_tag=lab',
      candidates: ["/machine/peripheral/d0"],
    });
    expect(await steal.match(offer, machineOf({}), { force: false })).toMatchObject({
      code: "no-match",
      reason: expect.stringContaining("there is none: add -device virtio-9p-pci,fsdev=ID,mount_tag=lab"),
    });
  });

  test("what a VMM holds, unless force", async () => {
    const offer = await capturedOffer("init-wait");
    const machine = machineOf({ fsdevs: [fs0], devices: [{ ...lab, state: "connected" }] });
    expect(await steal.match(offer, machine, { force: false })).toMatchObject({
      code: "held",
      reason: expect.stringContaining("a VMM holds it: end that VM, or set force=on"),
    });
    expect(brief(await steal.match(offer, machine, { force: true }))).toBe(
      "attach fs0 lab /machine/peripheral/d0",
    );
  });

  test("what another offer has, also with force", async () => {
    const offer = await capturedOffer("init-wait");
    const taken = { ...lab, state: "taken", takenBy: "9pfs/7/0" } as const;
    for (const force of [false, true]) {
      expect(
        await steal.match(offer, machineOf({ fsdevs: [fs0], devices: [taken] }), { force }),
      ).toMatchObject({ code: "held", reason: expect.stringContaining("offer 9pfs/7/0 has it") });
    }
  });
});

test("others steal other devices by a predicate", async () => {
  const vsock = stealing({ name: "steal-vsock", isStealable: ({ type }) => type === "vsock-9p" });
  const devices = [lab, aDevice("v0", { type: "vsock-9p", interfaces: [], mountTag: "lab" })];
  const machine = machineOf({ fsdevs: [fs0], devices });
  expect(brief(await vsock.match(await capturedOffer("init-wait"), machine, { force: false }))).toBe(
    "attach fs0 lab /machine/peripheral/v0",
  );
});
