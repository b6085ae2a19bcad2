import { aDevice, aFsdev, anOffer, attachStrategyCompliance } from "@ninefold/compliance/attach-strategy";
import { describe, it } from "vitest";
import { fsdevOnly } from "../src/fsdev-only.ts";
import { stealing } from "../src/steal.ts";
import { xen9p } from "../src/xen-9p.ts";
import { fromXenstore } from "../src/xenstore.ts";
import { entry } from "./captured.ts";

const runner = { describe, it };
const fsdevs = [aFsdev("fs0"), aFsdev("fs1")];

attachStrategyCompliance(runner, "steal", {
  strategy: stealing(),
  attaches: [
    {
      offer: anOffer(),
      machine: { fsdevs, devices: [aDevice("d0"), aDevice("d1", { mountTag: "other" })] },
      fsdev: "fs0",
      device: "/machine/peripheral/d0",
    },
  ],
  refuses: [
    { offer: anOffer(), machine: { fsdevs }, code: "no-match" },
    {
      offer: anOffer({ devid: 9 }),
      machine: { fsdevs, devices: [aDevice("a"), aDevice("b")] },
      code: "ambiguous",
    },
    { offer: anOffer(), machine: { fsdevs, devices: [aDevice("a", { state: "connected" })] }, code: "held" },
  ],
});

attachStrategyCompliance(runner, "xen-9p", {
  strategy: xen9p,
  attaches: [
    { offer: anOffer(), machine: { fsdevs, devices: [entry("x0", { mountTag: "share" })] }, fsdev: "fs0" },
  ],
  refuses: [
    { offer: anOffer(), machine: { fsdevs }, code: "no-match" },
    {
      offer: anOffer(),
      machine: { fsdevs, devices: [entry("x0", { mountTag: "share" }), entry("x1", { mountTag: "share" })] },
      code: "duplicate-tag",
    },
    { offer: anOffer({ tag: undefined }), machine: { fsdevs }, code: "incomplete-offer" },
  ],
});

attachStrategyCompliance(runner, "fsdev-only", {
  strategy: fsdevOnly,
  attaches: [{ offer: anOffer({ path: "/srv/fs1" }), machine: { fsdevs }, fsdev: "fs1" }],
  refuses: [
    { offer: anOffer({ path: "/srv/x" }), machine: { fsdevs }, code: "no-match" },
    {
      offer: anOffer({ path: "/srv/fs0", securityModel: "mapped" }),
      machine: { fsdevs },
      code: "conflict",
    },
  ],
});

attachStrategyCompliance(runner, "xenstore", {
  strategy: fromXenstore,
  strategyOptions: { allow: ["/"] },
  attaches: [{ offer: anOffer({ path: "/" }), machine: {} }],
  refuses: [
    { offer: anOffer({ path: "/no/such/folder" }), machine: {}, code: "forbidden-path" },
    { offer: anOffer(), machine: {}, code: "incomplete-offer" },
  ],
});
