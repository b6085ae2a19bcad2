import type { Exchange, MessageHandler, PeerInfo } from "@ninefold/core/contracts";
import { PENDING } from "@ninefold/core/contracts";

/**
 * A session that answers each message with its own bytes, the type raised by one, as far as there is room. With
 * `later` it answers after that many turns of the event loop, the last asked first.
 */
export class EchoSession implements MessageHandler {
  handled = 0;
  resets = 0;
  isClosed = false;
  later = 0;
  /** Completions wait until `release` while this is true. */
  hold = false;
  readonly held: (() => void)[] = [];
  readonly messages: Uint8Array[] = [];
  keepMessages = false;

  handle(exchange: Exchange): number {
    this.handled++;
    const { request, reply } = exchange;
    const message = new Uint8Array(request.length);
    request.gather(0, message, 0, message.length);
    if (this.keepMessages) this.messages.push(message.slice());
    message[4] = (message[4] ?? 0) + 1;
    const length = Math.min(message.length, reply.length);
    const answer = () => reply.scatter(0, message, 0, length);
    if (this.hold) {
      this.held.push(() => exchange.complete(answer()));
      return PENDING;
    }
    if (this.later > 0) {
      let turns = this.later;
      const wait = () => {
        if (--turns > 0) setImmediate(wait);
        else exchange.complete(answer());
      };
      setImmediate(wait);
      return PENDING;
    }
    return answer();
  }

  release(): void {
    this.hold = false;
    for (const complete of this.held.splice(0).reverse()) complete();
  }

  async reset(): Promise<void> {
    this.resets++;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A T-message of a type with a body; size and tag are right. */
export function message(type: number, body: Uint8Array | number, tag = 1): Uint8Array {
  const content = typeof body === "number" ? new Uint8Array(body).map((_, i) => i * 7 + tag) : body;
  const bytes = new Uint8Array(7 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  bytes[4] = type;
  view.setUint16(5, tag, true);
  bytes.set(content, 7);
  return bytes;
}

/** What EchoSession makes of it. */
export function echoed(sent: Uint8Array): Uint8Array {
  const reply = sent.slice();
  reply[4] = (reply[4] ?? 0) + 1;
  return reply;
}

export function hostOf(session: MessageHandler): {
  openSession(peer: PeerInfo, max: number): MessageHandler;
} {
  return { openSession: () => session };
}
