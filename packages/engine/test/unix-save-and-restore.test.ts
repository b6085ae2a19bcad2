import type { FsTree } from "@ninefold/core/contracts";
import type { Message, MessageInput, MessageName } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { Guest, sessionOptions } from "./support/guest.ts";
import { DM, unixGuest } from "./support/unix.ts";

type Step = readonly [MessageName, object];

const fid = fc.nat(5);
const name = fc.constantFrom("a", "b", "c");
const perm = fc.constantFrom(0o644, DM.DIR + 0o755, DM.SYMLINK, DM.NAMEDPIPE, DM.LINK);

function step(type: MessageName, fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Step> {
  return fc.record(fields, { noNullPrototype: true }).map((made): Step => [type, made]);
}

const walk = step("Twalk", { fid, newfid: fid, wname: fc.array(name, { maxLength: 2 }) });
const read = step("Tread", {
  fid,
  offset: fc.constantFrom(0, 0, 0, 75, 150),
  count: fc.nat(400),
});

/** Everything that makes state, but removing: what is gone cannot be found again. */
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  walk,
  read,
  step("Topen", { fid, mode: fc.constantFrom(0, 0, 1, 2, 0x81, 0x40, 0x42) }),
  step("Tcreate", {
    fid,
    name,
    perm,
    mode: fc.constantFrom(0, 2, 0x42),
    extension: fc.constantFrom("1", "2"),
  }),
  step("Twrite", { fid, offset: fc.nat(20), data: fc.uint8Array({ maxLength: 20 }) }),
);

/** Messages that change nothing but the session. */
const anyProbe: fc.Arbitrary<Step> = fc.oneof(
  walk,
  read,
  step("Tstat", { fid }),
  step("Topen", { fid, mode: fc.constant(0) }),
  step("Tremove", { fid: fc.constant(9) }),
);

function send(guest: Guest, [type, fields]: Step): Promise<Message | undefined> {
  return guest.send(type as "Tclunk", fields as MessageInput<"Tclunk">, { tag: 1 }).reply;
}

it("9P2000.u: a session that is restored from its state gives the same answers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { maxLength: 40 }),
      fc.array(anyProbe, { maxLength: 20 }),
      async (steps, probes) => {
        const tree: FsTree = await memoryTree({ files: { a: "text", "b/a": "x", "b/c/a": "y" } });
        const first = await unixGuest(tree, { id: "vm" });
        for (const each of steps) await send(first, each);
        const state = structuredClone(first.session.save());
        const second = new Guest(await Session.restore(sessionOptions(tree, { id: "vm" }), state));
        expect(second.session.save()).toEqual(first.session.save());
        for (const probe of probes) expect(await send(second, probe)).toEqual(await send(first, probe));
      },
    ),
    { numRuns: 100 },
  );
});
