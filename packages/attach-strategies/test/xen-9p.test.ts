import { aDevice, machineOf } from "@ninefold/compliance/attach-strategy";
import { describe, expect, test } from "vitest";
import { xen9p } from "../src/xen-9p.ts";
import { xen9pDevice } from "../src/xen-9p-device.ts";
import { brief, capturedOffer, capturedOffers, entry, local } from "./captured.ts";

const fs0 = local("fs0", "/srv/a");

describe("xen-9p, on captured trees", () => {
  test.each(["init-wait", "after-kill", "qemu-written", "qemu-connected"])("%s: by the tag", async (name) => {
    const machine = machineOf({ fsdevs: [fs0], devices: [entry("x0"), aDevice("d0", { mountTag: "lab" })] });
    expect(await xen9p.match(await capturedOffer(name), machine, {})).toEqual({
      kind: "attach",
      fsdev: "fs0",
      mountTag: "lab",
      entry: "/machine/xen-9p/x0",
      reason: '/machine/xen-9p/x0 has the tag "lab"',
    });
  });

  test("two guests, three tags", async () => {
    const devices = ["site", "logs", "data"].map((tag) => entry(tag, { mountTag: tag }));
    const machine = machineOf({ fsdevs: [fs0], devices });
    const offers = [...(await capturedOffers("two-guests")).values()];
    const decided = await Promise.all(offers.map((offer) => xen9p.match(offer, machine, {})));
    expect(decided.map(brief)).toEqual([
      "attach fs0 site /machine/xen-9p/site",
      "attach fs0 logs /machine/xen-9p/logs",
      "attach fs0 data /machine/xen-9p/data",
    ]);
  });

  test("one entry answers any number of guests: it is looked up, not taken", async () => {
    const decision = await xen9p.match(
      await capturedOffer("init-wait"),
      machineOf({ fsdevs: [fs0], devices: [entry("x0")] }),
      {},
    );
    expect(decision).not.toHaveProperty("device");
  });
});

describe("xen-9p refuses", () => {
  test("a tag that no entry has, and says which there are", async () => {
    const machine = machineOf({ fsdevs: [fs0], devices: [entry("x0", { mountTag: "other" })] });
    expect(await xen9p.match(await capturedOffer("init-wait"), machine, {})).toEqual({
      kind: "refuse",
      code: "no-match",
      reason: 'no xen-9p device has the tag "lab" (tags: "other"): add -device xen-9p,fsdev=ID,mount_tag=lab',
      candidates: ["/machine/xen-9p/x0"],
    });
  });

  test("a tag that two entries have", async () => {
    const machine = machineOf({ fsdevs: [fs0], devices: [entry("x0"), entry("x1")] });
    expect(await xen9p.match(await capturedOffer("init-wait"), machine, {})).toMatchObject({
      code: "duplicate-tag",
      reason:
        'the tag "lab" is given to /machine/xen-9p/x0, /machine/xen-9p/x1: give each xen-9p device a tag of its own',
      candidates: ["/machine/xen-9p/x0", "/machine/xen-9p/x1"],
    });
  });

  test("an offer without a tag", async () => {
    const offer = { ...(await capturedOffer("init-wait")), tag: undefined };
    expect(await xen9p.match(offer, machineOf({ devices: [entry("x0")] }), {})).toMatchObject({
      code: "incomplete-offer",
      reason: "the offer has no mount tag: the toolstack must write /local/domain/1/device/9pfs/0/tag",
    });
  });
});

test("a xen-9p device takes no options, is in a container of its own, and nobody can come to it", async () => {
  expect(xen9pDevice.container).toBe("xen-9p");
  expect(xen9pDevice.connects?.({})).toBe(false);
  const checked = await xen9pDevice.schema["~standard"].validate({ socket: "/x" });
  expect(checked.issues).toHaveLength(1);
});
