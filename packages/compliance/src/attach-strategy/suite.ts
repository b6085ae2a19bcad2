import assert from "node:assert/strict";
import type { AttachStrategy, Decision, Offer, Refusal } from "@ninefold/core/contracts";
import { contribution } from "../fs-driver/contribution.ts";
import type { TestRunner } from "../runner.ts";
import { aDevice, aFsdev, anOffer, type MachineParts, machineOf } from "./machine.ts";

/** An offer that a strategy must attach. */
export interface AttachCase {
  readonly offer: Offer;
  readonly machine: MachineParts;
  /** The id of the fsdev that must answer, where there is one right answer. */
  readonly fsdev?: string;
  /** The tree path of the device that must be taken. */
  readonly device?: string;
}

/** An offer that a strategy must refuse, and the code that says why. */
export interface RefuseCase {
  readonly offer: Offer;
  readonly machine: MachineParts;
  readonly code: Refusal["code"];
}

/** What the suite is told of a strategy. */
export interface AttachStrategyComplianceOptions<Options> {
  readonly strategy: AttachStrategy<Options>;
  /** Its options, as a user writes them. `{}` unless given. */
  readonly strategyOptions?: Readonly<Record<string, unknown>>;
  /** Offers that it must attach, at least one. */
  readonly attaches: readonly AttachCase[];
  /** Offers that it must refuse, at least one. */
  readonly refuses: readonly RefuseCase[];
}

const CODES: readonly Refusal["code"][] = [
  "no-match",
  "ambiguous",
  "held",
  "duplicate-tag",
  "conflict",
  "forbidden-path",
  "incomplete-offer",
  "failed",
];

/** Everything that a strategy must keep, as tests of `runner` under `name`. */
export function attachStrategyCompliance<Options>(
  runner: TestRunner,
  name: string,
  { strategy, strategyOptions = {}, attaches, refuses }: AttachStrategyComplianceOptions<Options>,
): void {
  const decide = async (offer: Offer, parts: MachineParts): Promise<Decision> => {
    const checked = await strategy.schema["~standard"].validate(strategyOptions);
    if (checked.issues !== undefined)
      throw new TypeError(`the strategy refuses its options: ${JSON.stringify(checked.issues)}`);
    const decision = await strategy.match(offer, machineOf(parts), checked.value);
    checkDecision(decision, parts);
    return decision;
  };

  runner.describe(`${name}: the contribution`, () => contribution(runner, strategy, strategyOptions));

  runner.describe(`${name}: decisions`, () => {
    runner.it("has cases to attach and to refuse", async () => {
      assert.ok(attaches.length > 0 && refuses.length > 0);
    });
    for (const [index, { offer, machine, fsdev, device }] of attaches.entries()) {
      runner.it(`attaches case ${index + 1}: ${describeOffer(offer)}`, async () => {
        const decision = await decide(offer, machine);
        assert.equal(decision.kind, "attach", decision.reason);
        if (decision.kind !== "attach") return;
        const id = typeof decision.fsdev === "string" ? decision.fsdev : decision.fsdev.id;
        if (fsdev !== undefined) assert.equal(id, fsdev);
        if (device !== undefined) assert.equal(decision.device, device);
      });
    }
    for (const [index, { offer, machine, code }] of refuses.entries()) {
      runner.it(`refuses case ${index + 1}, ${code}: ${describeOffer(offer)}`, async () => {
        const decision = await decide(offer, machine);
        assert.deepEqual([decision.kind, "code" in decision ? decision.code : ""], ["refuse", code]);
      });
    }
    runner.it("decides the same again, and in whatever order the machine's parts were made", async () => {
      for (const { offer, machine } of [...attaches, ...refuses]) {
        const first = await decide(offer, machine);
        assert.deepEqual(await decide(offer, machine), first);
        const { devices = [], fsdevs = [] } = machine;
        const turned = { devices: devices.toReversed(), fsdevs: fsdevs.toReversed() };
        assert.deepEqual(withoutOrder(await decide(offer, turned)), withoutOrder(first));
      }
    });
    runner.it("changes nothing that it looks at", async () => {
      for (const { offer, machine } of [...attaches, ...refuses]) {
        await decide(deepFreeze(structuredClone(offer)), deepFreeze(structuredClone(machine)));
      }
    });
    runner.it("decides, and never throws, whatever comes", async () => {
      for (const offer of oddOffers()) for (const machine of oddMachines()) await decide(offer, machine);
    });
  });
}

function checkDecision(decision: Decision, { devices = [], fsdevs = [] }: MachineParts): void {
  assert.ok(typeof decision.reason === "string" && decision.reason.trim() !== "", "a decision says why");
  assert.deepEqual(structuredClone(decision), decision, "a decision is plain data");
  if (decision.kind === "refuse") {
    assert.ok(CODES.includes(decision.code), `the code "${decision.code}"`);
    return;
  }
  assert.equal(decision.kind, "attach");
  assert.ok(decision.mountTag !== "", "a mount tag is not empty");
  if (typeof decision.fsdev === "string") {
    assert.ok(
      fsdevs.some(({ id }) => id === decision.fsdev),
      `there is no fsdev "${decision.fsdev}"`,
    );
  }
  if (decision.device === undefined) return;
  const taken = devices.find(({ path }) => path === decision.device);
  assert.ok(taken !== undefined, `there is no device at ${decision.device}`);
  assert.ok(
    taken.state !== "connected" && taken.state !== "taken",
    "what somebody uses is not taken from him",
  );
}

function oddOffers(): Offer[] {
  return [
    anOffer(),
    anOffer({ tag: undefined }),
    anOffer({ tag: "" }),
    anOffer({ tag: "t".repeat(300), path: "../../etc", securityModel: "nonsense" }),
    anOffer({ path: "relative" }),
    anOffer({ path: "/srv/../etc\n", fsdev: "absent", domainName: "__proto__" }),
    anOffer({ kind: "xen_9pfs", domid: 0, devid: 65_535, fsdev: "" }),
  ];
}

function oddMachines(): MachineParts[] {
  const fsdevs = [aFsdev("fs0"), aFsdev("fs1", { driver: "memory", options: {} })];
  return [
    {},
    { fsdevs },
    { fsdevs, devices: [aDevice("a"), aDevice("b")] },
    {
      fsdevs,
      devices: [aDevice("a", { state: "connected" }), aDevice("b", { state: "taken", takenBy: "9pfs/9/9" })],
    },
    { devices: [aDevice("orphan", { fsdev: "absent", id: undefined })] },
  ];
}

function withoutOrder(decision: Decision): Decision {
  return decision.kind === "refuse" && decision.candidates !== undefined
    ? { ...decision, candidates: decision.candidates.toSorted() }
    : decision;
}

function describeOffer({ id, tag, path, fsdev }: Offer): string {
  return [id, tag && `tag ${tag}`, path && `path ${path}`, fsdev && `fsdev ${fsdev}`]
    .filter(Boolean)
    .join(", ");
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}
