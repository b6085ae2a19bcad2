import {
  aDevice,
  aFsdev,
  anOffer,
  attachStrategyCompliance,
  machineOf,
} from "@ninefold/compliance/attach-strategy";
import type { AttachStrategy, Decision, Machine, Offer } from "@ninefold/core/contracts";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { collectingRunner, failuresOf } from "./collecting-runner.ts";

/** Takes the one realized device whose tag is the offer's. */
const byTag: AttachStrategy<unknown> = {
  name: "by-tag",
  description: "the device with the offer's tag",
  schema: z.strictObject({}),
  match(offer: Offer, machine: Machine): Decision {
    const fit = machine.findDevices(
      ({ mountTag, state, fsdev }) =>
        mountTag === offer.tag && state === "realized" && machine.findFsdev(fsdev) !== undefined,
    );
    const [device] = fit;
    if (fit.length > 1) {
      return {
        kind: "refuse",
        code: "ambiguous",
        reason: `${fit.length} devices fit`,
        candidates: fit.map(({ path }) => path),
      };
    }
    if (device === undefined || offer.tag === undefined || offer.tag === "") {
      return { kind: "refuse", code: "no-match", reason: `no device has the tag "${offer.tag}"` };
    }
    return {
      kind: "attach",
      fsdev: device.fsdev,
      mountTag: offer.tag,
      device: device.path,
      reason: "the tag fits",
    };
  },
};

const fsdevs = [aFsdev("fs0")];
const cases = {
  attaches: [
    {
      offer: anOffer(),
      machine: { fsdevs, devices: [aDevice("d0")] },
      fsdev: "fs0",
      device: "/machine/peripheral/d0",
    },
  ],
  refuses: [
    { offer: anOffer({ tag: "other" }), machine: { fsdevs, devices: [aDevice("d0")] }, code: "no-match" },
    { offer: anOffer(), machine: { fsdevs, devices: [aDevice("d0"), aDevice("d1")] }, code: "ambiguous" },
  ],
} as const;

attachStrategyCompliance({ describe, it }, "by-tag", { strategy: byTag, ...cases });

async function failuresWith(match: AttachStrategy<unknown>["match"]): Promise<string[]> {
  const { runner, run } = collectingRunner();
  attachStrategyCompliance(runner, "broken", { strategy: { ...byTag, match }, ...cases });
  return failuresOf(await run());
}

const right = (offer: Offer, machine: Machine): Decision => byTag.match(offer, machine, {}) as Decision;

test.each<[string, AttachStrategy<unknown>["match"]]>([
  [
    "a first match among several",
    (offer, machine) =>
      right(offer, machineOf({ fsdevs, devices: machine.findDevices(() => true).slice(0, 1) })),
  ],
  [
    "a device taken from a VMM",
    (offer, machine) => {
      const [device] = machine.findDevices(({ state }) => state === "connected");
      return device && machine.findFsdev(device.fsdev)
        ? { kind: "attach", fsdev: device.fsdev, mountTag: "t", device: device.path, reason: "it is mine" }
        : right(offer, machine);
    },
  ],
  [
    "an fsdev that is not there",
    (offer, machine) => {
      const decision = right(offer, machine);
      return decision.kind === "attach" ? { ...decision, fsdev: "absent" } : decision;
    },
  ],
  [
    "a refusal without a reason",
    (offer, machine) => {
      const decision = right(offer, machine);
      return decision.kind === "refuse" ? { ...decision, reason: "" } : decision;
    },
  ],
  [
    "an exception for an offer without a tag",
    (offer, machine) => {
      if (offer.tag === undefined) throw new TypeError("no tag");
      return right(offer, machine);
    },
  ],
])("the strategy suite finds %s", async (_mistake, match) => {
  expect(await failuresWith(match)).not.toEqual([]);
});
