import { BROKEN, type Exchange, type MessageHandler, PENDING } from "@ninefold/core/contracts";

/** How an echo answers, by the byte behind the message's header. */
export const ECHO = {
  /** At once. */
  NOW: 0,
  /** After the turn of the event loop. */
  LATER: 1,
  /** When `release` is called. */
  HELD: 2,
  /** Not at all: the handler says BROKEN. */
  BROKEN: 3,
} as const;

const TREAD = 116;

/** A session that answers each message with the message, its type raised by one, in as much room as there is. */
export class EchoHandler implements MessageHandler {
  resets = 0;
  closes = 0;
  readonly #held: (() => void)[] = [];

  handle(exchange: Exchange): number {
    const { request, reply } = exchange;
    const message = new Uint8Array(request.length);
    request.gather(0, message, 0, message.length);
    const mode = message[7] ?? ECHO.NOW;
    if (mode === ECHO.BROKEN) return BROKEN;
    const answer = (): number => {
      message[4] = (message[4] ?? 0) + 1;
      return reply.scatter(0, message, 0, Math.min(message.length, reply.length));
    };
    if (mode === ECHO.NOW) return answer();
    exchange.defer?.();
    const complete = (): void => exchange.complete(answer());
    if (mode === ECHO.LATER) setImmediate(complete);
    else this.#held.push(complete);
    return PENDING;
  }

  get held(): number {
    return this.#held.length;
  }

  /** Answers what is held, the last first. */
  release(): void {
    for (const complete of this.#held.splice(0).reverse()) complete();
  }

  async reset(): Promise<void> {
    this.resets++;
    this.release();
  }

  async close(): Promise<void> {
    this.closes++;
    this.release();
  }
}

/**
 * A T-message that looks like a Tread of as many bytes as it is long itself, since some transports give as much room for
 * a reply as the request asks for. `mode`, where a Tread has its fid, says how an echo answers; the rest is a pattern.
 */
export function echoMessage(tag: number, length: number, mode: number = ECHO.NOW): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 11 + tag) & 0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  bytes[4] = TREAD;
  view.setUint16(5, tag, true);
  if (length > 7) bytes[7] = mode;
  if (length >= 23) view.setUint32(19, length, true);
  return bytes;
}

/** What an echo makes of it. */
export function echoOf(message: Uint8Array): Uint8Array {
  const reply = message.slice();
  reply[4] = (reply[4] ?? 0) + 1;
  return reply;
}
