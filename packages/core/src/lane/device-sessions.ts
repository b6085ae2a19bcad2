import type { Session } from "../contracts/engine.ts";
import type { Exchange, MessageHandler } from "../contracts/transport.ts";

/** The open sessions of one device, and whether the device is somebody else's: then they are all revoked, new ones too. */
export class DeviceSessions {
  readonly #open = new Set<Session>();
  readonly #onFailure: (error: unknown) => void;
  #isRevoked = false;

  /** `onFailure` is told when a session could not give up what it had. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** The session as its transport gets it. */
  add(session: Session): MessageHandler {
    this.#open.add(session);
    if (this.#isRevoked) this.#revoke(session);
    return new TrackedSession(session, () => this.#open.delete(session));
  }

  /** In force when it returns. What was under way ends when its tree has answered, which nobody waits for. */
  revoke(): void {
    this.#isRevoked = true;
    for (const session of this.#open) this.#revoke(session);
  }

  readmit(): void {
    this.#isRevoked = false;
    for (const session of this.#open) session.readmit();
  }

  #revoke(session: Session): void {
    session.revoke().catch(this.#onFailure);
  }
}

class TrackedSession implements MessageHandler {
  readonly #session: Session;
  readonly #onClose: () => void;

  constructor(session: Session, onClose: () => void) {
    this.#session = session;
    this.#onClose = onClose;
  }

  handle(exchange: Exchange): number {
    return this.#session.handle(exchange);
  }

  reset(): Promise<void> {
    return this.#session.reset();
  }

  close(): Promise<void> {
    this.#onClose();
    return this.#session.close();
  }
}
