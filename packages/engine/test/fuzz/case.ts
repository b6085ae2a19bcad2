import { BROKEN, type Logger, PENDING } from "@ninefold/core/contracts";
import { decodeMessage, encodeMessage, NOFID, NOTAG } from "@ninefold/engine/codec";
import { Session } from "../../src/session/session.ts";
import { TestExchange } from "../support/exchange.ts";
import { quiet, sessionOptions } from "../support/guest.ts";
import type { Sequence } from "./corpus.ts";
import type { Random } from "./random.ts";
import { anyRequest, mutated } from "./requests.ts";
import type { World } from "./worlds.ts";

const RLERROR = 7;
/** Linux takes these for errors of its own; a guest may see nothing above. */
const MOST_ERRNO = 133;
const LATEST_ANSWER_MS = 20_000;

export interface CaseResult {
  readonly messages: number;
  /** What was sent up to the first answer that was new. */
  readonly fresh: Sequence | undefined;
}

/** A conversation of some 100 messages: new ones, or those of `known` with some changed, dropped and put in between. */
export function sequenceOf(random: Random, known: Sequence | undefined): Sequence {
  const messages: Uint8Array[] = [
    encodeMessage("Tversion", NOTAG, { msize: 8192, version: "9P2000.L" }),
    encodeMessage("Tattach", 1, { fid: 0, afid: NOFID, uname: "u", aname: "", n_uname: 0 }),
  ];
  if (known === undefined) {
    const count = 40 + random.below(120);
    for (let i = 0; i < count; i++) {
      const message = anyRequest(random);
      messages.push(random.once(5) ? mutated(message, random) : message);
    }
    return messages;
  }
  for (const message of known.slice(2)) {
    if (random.once(12)) continue;
    messages.push(random.once(5) ? mutated(message, random) : message);
    if (random.once(4)) messages.push(anyRequest(random));
  }
  return messages;
}

/**
 * Sends it all on a session of its own, up to eight at a time, and checks what holds for every answer. `seen` gets the
 * answers' kinds. Throws when one is wrong, missing or late, or when the engine met an error that it does not know.
 */
export async function runCase(
  world: World,
  sequence: Sequence,
  random: Random,
  seen: Set<string>,
): Promise<CaseResult> {
  const errors: unknown[] = [];
  const log: Logger = { ...quiet, error: (...of: unknown[]) => void errors.push(of) };
  const session = new Session(sessionOptions(world.tree, { log, maxMessageSize: 65536 }));
  const waiting: Promise<void>[] = [];
  let fresh: Sequence | undefined;
  let sent = 0;
  for (const message of sequence) {
    sent++;
    const room = random.once(10) ? 11 + random.below(200) : 8192;
    const exchange = new TestExchange(message, room, 1 + random.below(3));
    const now = session.handle(exchange);
    if (now === BROKEN) throw new Error("a message with a header was taken for none");
    const look = (): void => {
      const kind = checkAnswer(message, exchange, room);
      if (kind === "" || seen.has(kind)) return;
      seen.add(kind);
      fresh ??= sequence.slice(0, sent);
    };
    if (now !== PENDING) {
      exchange.complete(now);
      look();
      continue;
    }
    waiting.push(exchange.done.then(look));
    if (waiting.length >= 8) await inTime(waiting.splice(0));
  }
  await inTime([...waiting, session.close()]);
  if (errors.length > 0) throw new Error("the engine logged an error", { cause: errors[0] });
  return { messages: sequence.length, fresh };
}

/** The kind of an answer: request, reply, errno. "" when there is none, as after a Tversion. */
function checkAnswer(message: Uint8Array, exchange: TestExchange, room: number): string {
  const { length } = exchange;
  if (length === undefined || length === 0) return "";
  if (length > room) throw new Error(`an answer of ${length} bytes in a room of ${room}`);
  const bytes = exchange.bytes();
  const reply = decodeMessage(bytes);
  const tag = (message[5] as number) | ((message[6] as number) << 8);
  if (reply.tag !== tag) throw new Error(`tag ${tag} is answered as ${reply.tag}`);
  const [asked, answered] = [message[4] as number, bytes[4] as number];
  if (reply.type === "Rlerror") {
    const { ecode } = reply.fields;
    if (ecode < 1 || ecode > MOST_ERRNO) throw new Error(`errno ${ecode}`);
    return `${asked} ${RLERROR} ${ecode}`;
  }
  if (answered !== asked + 1) throw new Error(`type ${asked} is answered by ${answered}`);
  return `${asked} ${answered}`;
}

async function inTime(waiting: readonly Promise<unknown>[]): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("a request hangs")), LATEST_ANSWER_MS);
  try {
    await Promise.race([Promise.all(waiting), promise]);
  } finally {
    clearTimeout(timer);
  }
}
