import { machineOf } from "@ninefold/compliance/attach-strategy";
import type { MachineFsdev, Offer } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { type FsdevOnlyOptions, fsdevOnly } from "../src/fsdev-only.ts";
import { brief, capturedOffer, capturedOffers, local } from "./captured.ts";

const match = async (offer: Offer, fsdevs: readonly MachineFsdev[], options: FsdevOnlyOptions = {}) =>
  fsdevOnly.match(offer, machineOf({ fsdevs }), options);

const a = local("a", "/srv/a");

describe("fsdev-only, on captured trees", () => {
  test("the fsdev node counts most", async () => {
    const offer = { ...(await capturedOffer("qemu-written")), fsdev: "b" };
    expect(await match(offer, [a, local("b", "/elsewhere"), local("xen9p0", "/x")])).toMatchObject({
      fsdev: "b",
      reason: 'fsdev "b": the fsdev node names "b"',
    });
  });

  test("then the path as an id, then xen9p<devid>, then the one fsdev with the path", async () => {
    const offer = await capturedOffer("qemu-written");
    const fsdevs = [a, local("xen9p0", "/x")];
    expect(brief(await match({ ...offer, path: "a" }, fsdevs))).toBe("attach a lab");
    expect(brief(await match(offer, fsdevs))).toBe("attach xen9p0 lab");
    expect(brief(await match(offer, [a]))).toBe("attach a lab");
    expect(brief(await match({ ...offer, path: "/srv//a/" }, [a]))).toBe("attach a lab");
  });

  test.each(["init-wait", "after-kill", "qemu-connected"])("%s: by id xen9p0", async (name) => {
    expect(brief(await match(await capturedOffer(name), [a, local("xen9p0", "/x")]))).toBe(
      "attach xen9p0 lab",
    );
  });

  test("two guests, three tags, by paths", async () => {
    const fsdevs = [local("s", "/srv/vm/web-1"), local("l", "/srv/vm/web-1-logs"), local("d", "/srv/vm/db")];
    const offers = [...(await capturedOffers("two-guests")).values()];
    const decided = await Promise.all(offers.map((offer) => match(offer, fsdevs)));
    expect(decided.map(brief)).toEqual(["attach s site", "attach l logs", "attach d data"]);
  });

  test("libxl's security_model none is no model", async () => {
    const passthrough = local("a", "/srv/a", { security_model: "passthrough" });
    expect(brief(await match(await capturedOffer("qemu-written"), [passthrough]))).toBe("attach a lab");
  });
});

describe("fsdev-only refuses", () => {
  test("an fsdev node that names nothing", async () => {
    const offer = { ...(await capturedOffer("qemu-written")), fsdev: "nope" };
    expect(await match(offer, [a])).toMatchObject({
      code: "no-match",
      reason:
        'the fsdev node names "nope", which is not there (fsdevs: a): add -fsdev …,id=nope, or mend the node',
      candidates: ["a"],
    });
  });

  test("what nothing fits", async () => {
    expect(await match(await capturedOffer("init-wait"), [a])).toMatchObject({
      code: "no-match",
      reason:
        'no fsdev fits tag "lab", path "/nonexistent", devid 0 (fsdevs: a): give one of them id=xen9p0 or path=/nonexistent, or write /local/domain/0/backend/xen_9pfs/1/0/fsdev',
    });
  });

  test("a path that two fsdevs have", async () => {
    expect(await match(await capturedOffer("qemu-written"), [a, local("b", "/srv/a/")])).toMatchObject({
      code: "ambiguous",
      reason:
        '2 fsdevs have the path "/srv/a" (a, b): write the id of one to /local/domain/0/backend/9pfs/1/0/fsdev',
      candidates: ["a", "b"],
    });
  });

  test("a security_model that differs, unless override says whose counts", async () => {
    const offer = { ...(await capturedOffer("qemu-written")), securityModel: "passthrough" };
    const readOnly = { ...local("a", "/srv/a"), layers: [{ layer: "readonly", options: {} }] };
    expect(await match(offer, [readOnly])).toMatchObject({
      code: "conflict",
      reason:
        'xenstore says security_model "passthrough", fsdev "a" says "none": make them equal, or set override to xenstore or fsdev',
      candidates: ["a"],
    });
    expect(brief(await match(offer, [readOnly], { override: "fsdev" }))).toBe("attach a lab");
    expect(await match(offer, [readOnly], { override: "xenstore" })).toMatchObject({
      fsdev: {
        id: "a-xen-1-0",
        driver: "local",
        options: { path: "/srv/a", security_model: "passthrough" },
        layers: [{ layer: "readonly" }],
      },
    });
  });

  test("an offer without a tag", async () => {
    const offer = { ...(await capturedOffer("qemu-written")), tag: undefined };
    expect(await match(offer, [a])).toMatchObject({ code: "incomplete-offer" });
  });
});
