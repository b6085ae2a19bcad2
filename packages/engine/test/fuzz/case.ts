import { BROKEN, ERRNO, type Logger, PENDING } from "@ninefold/core/contracts";
import { decodeMessage, encodeMessage, MESSAGES, NOFID, NOTAG } from "@ninefold/engine/codec";
import { Session } from "../../src/session/session.ts";
import { TestExchange } from "../support/exchange.ts";
import { quiet, sessionOptions } from "../support/guest.ts";
import type { Sequence } from "./corpus.ts";
import { errnoOf, FidOracle } from "./fid-oracle.ts";
import type { Random } from "./random.ts";
import { anyRequest, DIALECTS, dialectOf, mutated, openedFids } from "./requests.ts";
import type { World } from "./worlds.ts";

/** Linux takes these for errors of its own; a guest may see nothing above. */
const MOST_ERRNO = 133;
const LATEST_ANSWER_MS = 20_000;
const READS: ReadonlySet<number> = new Set([MESSAGES.Tread[0], MESSAGES.Treaddir[0]]);
/** With less room than its error takes, 9P2000.u cannot go on. */
/** Tread, and Treaddir. */
const READ_SIZE = 23;
const RERROR = 107;
/** 9P2000's own, without a number: where that has no room. */
const BARE_RERROR_SIZE = 9;

export interface CaseResult {
  readonly messages: number;
  /** What was sent up to the first answer that was new. */
  readonly fresh: Sequence | undefined;
}

/** A conversation of some 100 messages: new ones, or those of `known` with some changed, dropped and put in between. */
export function sequenceOf(random: Random, known: Sequence | undefined): Sequence {
  const dialect = known === undefined ? random.pick(DIALECTS) : dialectOf(known);
  const messages: Uint8Array[] = [
    encodeMessage("Tversion", NOTAG, { msize: 8192, version: dialect.version }),
    encodeMessage("Tattach", 1, { fid: 0, afid: NOFID, uname: "u", aname: "", n_uname: 0 }),
  ];
  if (known === undefined) {
    if (random.once(2)) messages.push(...openedFids(dialect));
    const count = 40 + random.below(120);
    for (let i = 0; i < count; i++) {
      const message = anyRequest(random, dialect);
      messages.push(random.once(5) ? mutated(message, random) : message);
    }
    return messages;
  }
  for (const message of known.slice(2)) {
    if (random.once(12)) continue;
    messages.push(random.once(5) ? mutated(message, random) : message);
    if (random.once(4)) messages.push(anyRequest(random, dialect));
  }
  return messages;
}

/**
 * Sends it all on a session of its own, one or up to eight at a time, and checks what holds for every answer. `seen` gets
 * the answers' kinds. Throws when one is wrong, missing or late, when the engine met an error that it does not know, or
 * when something is still held after the end.
 */
export async function runCase(
  world: World,
  sequence: Sequence,
  random: Random,
  seen: Set<string>,
): Promise<CaseResult> {
  const errors: unknown[] = [];
  const log: Logger = { ...quiet, error: (...of: unknown[]) => void errors.push(of) };
  const heldBefore = world.held();
  const oracle = random.once(2) ? new FidOracle() : undefined;
  const session = new Session(sessionOptions(world.tree, { log, maxMessageSize: 65536 }));
  const waiting: Promise<void>[] = [];
  let fresh: Sequence | undefined;
  let sent = 0;
  for (const message of sequence) {
    sent++;
    const room = random.once(READS.has(message[4] as number) ? 3 : 10) ? 11 + random.below(200) : 8192;
    const exchange = new TestExchange(message, room, 1 + random.below(3));
    const now = session.handle(exchange);
    if (now === BROKEN) {
      throw new Error("a message with a header was taken for none");
    }
    const look = (): void => {
      const kind = checkAnswer(message, exchange, room, oracle);
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
    if (waiting.length >= (oracle === undefined ? 8 : 1)) await inTime(waiting.splice(0));
  }
  await inTime([...waiting, session.close()]);
  const held = world.held();
  if (held !== heldBefore) throw new Error(`${held - heldBefore} nodes and files are never given back`);
  if (errors.length > 0) throw new Error("the engine logged an error", { cause: errors[0] });
  return { messages: sequence.length, fresh };
}

/** The kind of an answer: request, reply, errno. "" when there is none, as after a Tversion. */
function checkAnswer(
  message: Uint8Array,
  exchange: TestExchange,
  room: number,
  oracle: FidOracle | undefined,
): string {
  const { length } = exchange;
  if (length === undefined || length === 0) return "";
  if (length > room) throw new Error(`an answer of ${length} bytes in a room of ${room}`);
  const bytes = exchange.bytes();
  const reply = decodeMessage(isBareRerror(bytes) ? withNumber(bytes, ERRNO.EIO) : bytes);
  const tag = (message[5] as number) | ((message[6] as number) << 8);
  if (reply.tag !== tag) throw new Error(`tag ${tag} is answered as ${reply.tag}`);
  const [asked, answered] = [message[4] as number, bytes[4] as number];
  oracle?.check(message, reply, room);
  if (reply.type === "Rlerror" || reply.type === "Rerror") {
    const errno = errnoOf(reply);
    if (errno < 1 || errno > MOST_ERRNO) throw new Error(`errno ${errno}`);
    // What is read is cut to its room; nobody can ask for too much, unless the message itself is longer than the msize.
    if (READS.has(asked) && errno === ERRNO.EMSGSIZE && message.length <= READ_SIZE)
      throw new Error(`type ${asked} does not fit its room`);
    return `${asked} ${answered} ${errno}`;
  }
  if (answered !== asked + 1) throw new Error(`type ${asked} is answered by ${answered}`);
  return `${asked} ${answered}`;
}

function isBareRerror(bytes: Uint8Array): boolean {
  return bytes[4] === RERROR && bytes.length === BARE_RERROR_SIZE;
}

/** What Linux's client makes of an error without a number. */
function withNumber(bytes: Uint8Array, errno: number): Uint8Array {
  const whole = new Uint8Array(bytes.length + 4);
  whole.set(bytes);
  whole[0] = whole.length;
  whole[bytes.length] = errno;
  return whole;
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
