import type { FsTree } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { sequenceOf } from "../../../engine/test/fuzz/case.ts";
import { Random as MessageRandom } from "../../../engine/test/fuzz/random.ts";
import { quiet } from "../../../engine/test/support/guest.ts";
import { GuardedRing } from "./guarded-ring.ts";
import { Random } from "./random.ts";
import { type CaseResult, mutate } from "./ring-case.ts";

const SOME_TURNS = 20;
const LATEST_ANSWER_MS = 20_000;

/**
 * A conversation with the engine over a ring between walls: many of its messages are no good, and now and then the ring
 * is not. Throws when anything outside the ring was written, or when a request is never answered.
 */
export async function runMessageCase(seed: number, tree: FsTree): Promise<CaseResult> {
  const random = new Random(seed);
  const engine = createEngine();
  const session = engine.createSession({
    ...{ id: `s${seed}`, tree, log: quiet, peer: { description: "a hostile guest" }, maxMessageSize: 8192 },
  });
  const guarded = new GuardedRing(2 + random.below(2), random.u32(), session);
  const { ring } = guarded;
  let mutations = 0;
  const sequence = sequenceOf(new MessageRandom(seed), undefined);
  const hostility = random.pick([0, 30, 100]);
  const turn = async (): Promise<void> => {
    guarded.serve();
    guarded.frontEnd(() => skipReplies(guarded));
    await new Promise((done) => setImmediate(done));
  };
  for (const message of sequence) {
    // Without room, and with nothing under way, the ring waits for the rest of what claimed to be longer than it was.
    for (let i = 0; guarded.room < message.length && (i < SOME_TURNS || ring.inFlight > 0); i++) {
      if (guarded.broken !== undefined) break;
      await turn();
    }
    if (guarded.broken !== undefined || guarded.room < message.length) break;
    guarded.frontEnd(() => guarded.put(message));
    if (hostility > 0 && random.chance(hostility)) {
      guarded.frontEnd(() => {
        mutations += mutate(guarded, random);
      });
    }
    if (random.chance(3)) guarded.serve();
  }
  const until = performance.now() + LATEST_ANSWER_MS;
  while (ring.inFlight > 0 && guarded.broken === undefined) {
    if (performance.now() > until) throw new Error(`${ring.inFlight} requests are never answered`);
    await turn();
  }
  ring.stop();
  await session.close();
  guarded.frontEnd(() => {});
  if (ring.inFlight > 0) throw new Error(`${ring.inFlight} requests are left when their session is closed`);
  return { mutations, broken: guarded.broken, handled: sequence.length };
}

function skipReplies({ front: { indices } }: GuardedRing): void {
  indices.inCons = indices.inProd;
}
