import { aDevice, aFsdev, anOffer, machineOf } from "@ninefold/compliance/attach-strategy";
import type { AttachStrategy, MachineDevice, MachineFsdev, Offer } from "@ninefold/core/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fsdevOnly } from "../src/fsdev-only.ts";
import { stealing } from "../src/steal.ts";
import { xen9p } from "../src/xen-9p.ts";
import { entry } from "./captured.ts";

const TAGS = ["a", "b", "c"];
const tag = fc.constantFrom(...TAGS);
const path = fc.constantFrom("/srv/0", "/srv/1", "/srv/2", "/elsewhere");

const fsdevs: fc.Arbitrary<MachineFsdev[]> = fc
  .array(path, { minLength: 1, maxLength: 3 })
  .map((paths) => paths.map((each, n) => aFsdev(`fs${n}`, { options: { path: each } })));

const devices: fc.Arbitrary<MachineDevice[]> = fc
  .array(
    fc.record({
      tag,
      fsdev: fc.constantFrom("fs0", "fs1", "fs2"),
      isEntry: fc.boolean(),
      isHeld: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((given) =>
    given.map(({ tag: mountTag, fsdev, isEntry, isHeld }, n) =>
      isEntry
        ? entry(`x${n}`, { mountTag, fsdev })
        : aDevice(`d${n}`, { mountTag, fsdev, state: isHeld ? "connected" : "realized" }),
    ),
  );

const offers: fc.Arbitrary<Offer[]> = fc.uniqueArray(
  fc
    .record({
      domid: fc.integer({ min: 1, max: 3 }),
      devid: fc.integer({ min: 0, max: 3 }),
      tag: fc.option(tag, { nil: undefined }),
      path: fc.option(path, { nil: undefined }),
    })
    .map((parts) => anOffer(parts)),
  { selector: ({ id }) => id, maxLength: 8 },
);

const strategies: readonly (readonly [string, AttachStrategy])[] = [
  ["steal", stealing() as AttachStrategy],
  ["xen-9p", xen9p as AttachStrategy],
  ["fsdev-only", fsdevOnly as AttachStrategy],
];

describe.each(strategies)("%s", (name, strategy) => {
  const options = name === "steal" ? { force: true } : {};

  test("decides the same however devices and fsdevs arrived", async () => {
    await fc.assert(
      fc.asyncProperty(fsdevs, devices, offers, fc.infiniteStream(fc.nat()), async (f, d, all, random) => {
        const shuffled = <Value>(values: readonly Value[]): Value[] =>
          values
            .map((value) => ({ value, key: random.next().value as number }))
            .sort((x, y) => x.key - y.key)
            .map(({ value }) => value);
        const first = machineOf({ fsdevs: f, devices: d });
        const second = machineOf({ fsdevs: shuffled(f), devices: shuffled(d) });
        for (const offer of all) {
          const decision = await strategy.match(offer, first, options);
          expect(await strategy.match(offer, first, options)).toEqual(decision);
          const other = await strategy.match(offer, second, options);
          const sorted = (one: typeof other): unknown =>
            one.kind === "refuse" ? { ...one, candidates: one.candidates?.toSorted() } : one;
          expect(sorted(other)).toEqual(sorted(decision));
        }
      }),
    );
  });
});

/** Has offers answered one after the other, as the kernel does: what is taken stays taken. */
async function answerAll(
  f: MachineFsdev[],
  d: MachineDevice[],
  all: readonly Offer[],
): Promise<Map<string, string>> {
  const taken = new Map<string, string>();
  const given = new Map<string, string>();
  for (const offer of all) {
    const now = d.map((device): MachineDevice => {
      const takenBy = taken.get(device.path);
      return takenBy === undefined ? device : { ...device, state: "taken", takenBy };
    });
    const decision = await stealing().match(offer, machineOf({ fsdevs: f, devices: now }), { force: true });
    if (decision.kind !== "attach" || decision.device === undefined) continue;
    expect(taken.has(decision.device)).toBe(false);
    taken.set(decision.device, offer.id);
    given.set(offer.id, decision.device);
  }
  return given;
}

describe("steal, offer after offer", () => {
  test("never gives one device to two offers, in whatever order they come", async () => {
    await fc.assert(
      fc.asyncProperty(fsdevs, devices, offers, async (f, d, all) => {
        const given = await answerAll(f, d, all);
        expect(new Set(given.values()).size).toBe(given.size);
      }),
    );
  });

  test("gives an offer that names something only a device that has what it names", async () => {
    await fc.assert(
      fc.asyncProperty(fsdevs, devices, offers, async (f, d, all) => {
        const given = await answerAll(f, d, all);
        for (const offer of all.filter(
          ({ tag: named, path: at }) => named !== undefined || at !== undefined,
        )) {
          const device = d.find(({ path: at }) => at === given.get(offer.id));
          if (device === undefined) continue;
          const folder = f.find(({ id }) => id === device.fsdev)?.options.path;
          expect(device.mountTag === offer.tag || folder === offer.path).toBe(true);
        }
      }),
    );
  });

  test("gives an offer the device that it means, or none, whatever was before it", async () => {
    await fc.assert(
      fc.asyncProperty(fsdevs, devices, offers, async (f, d, all) => {
        const meant = new Map<string, string | undefined>();
        for (const offer of all) {
          const decision = await stealing().match(offer, machineOf({ fsdevs: f, devices: d }), {
            force: true,
          });
          meant.set(offer.id, decision.kind === "attach" ? decision.device : undefined);
        }
        for (const order of [all, all.toReversed()]) {
          const given = await answerAll(f, d, order);
          for (const [id, device] of given) expect(device).toBe(meant.get(id));
          // Whoever comes first gets it, and nobody else's answer changes.
          expect(new Set(given.values())).toEqual(
            new Set([...meant.values()].filter((one) => one !== undefined)),
          );
        }
      }),
    );
  });
});
