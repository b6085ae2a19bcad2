import { EventEmitter } from "eventemitter3";
import type { EventPayload, EventSource } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";

/** Any one event of a stream, with its payload. */
export type AnyEvent<Events> = {
  readonly [Name in keyof Events & string]: {
    readonly name: Name;
    readonly event: EventPayload<Events, Name>;
  };
}[keyof Events & string];

type Guard = (event: unknown, name: string) => void;

/**
 * The owner's side of an event stream: it alone emits, the world gets `source`. A listener that throws, or whose promise
 * is rejected, is logged, and the others are called all the same. `emit` never throws.
 */
export class EventHub<Events> {
  readonly source: EventSource<Events>;
  readonly #emitter = new EventEmitter();
  /** One guard a listener, so that `off` finds what `on` has added. */
  readonly #guards = new WeakMap<object, Guard>();
  readonly #listened = new Set<string>();
  readonly #log: Pick<Logger, "error">;
  readonly #onInterest: ((name: string, listened: boolean) => void) | undefined;

  /** `onInterest` is told when an event gets its first listener, and when it loses its last. */
  constructor(log: Pick<Logger, "error">, onInterest?: (name: string, listened: boolean) => void) {
    this.#log = log;
    this.#onInterest = onInterest;
    this.source = {
      on: (name, listener) => this.#change(name, () => this.#emitter.on(name, this.#guard(listener))),
      once: (name, listener) => this.#change(name, () => this.#emitter.once(name, this.#guard(listener))),
      off: (name, listener) => this.#change(name, () => this.#emitter.off(name, this.#guard(listener))),
      listenerCount: (name) => this.#emitter.listenerCount(name),
    };
  }

  /** Calls the listeners, one after the other, with the payload, frozen. */
  emit<Name extends keyof Events & string>(name: Name, event: EventPayload<Events, Name>): void {
    this.#call(name, event);
  }

  /** As `emit`, for an event that came from elsewhere. */
  forward({ name, event }: AnyEvent<Events>): void {
    this.#call(name, event);
  }

  /** The events that someone listens to. */
  get listened(): readonly string[] {
    return [...this.#listened];
  }

  #call(name: string, event: unknown): void {
    this.#change(name, () => this.#emitter.emit(name, Object.freeze(event), name));
  }

  #change(name: string, action: () => unknown): void {
    action();
    const listened = this.#emitter.listenerCount(name) > 0;
    if (listened === this.#listened.has(name)) return;
    if (listened) this.#listened.add(name);
    else this.#listened.delete(name);
    this.#onInterest?.(name, listened);
  }

  #guard<Event>(listener: (event: Event) => unknown): Guard {
    const known = this.#guards.get(listener);
    if (known !== undefined) return known;
    const fail = (name: string, error: unknown): void =>
      this.#log.error(`a listener of "${name}" failed`, { error });
    const guard = (event: unknown, name: string): void => {
      try {
        const result = listener(event as Event);
        if (result instanceof Promise) result.catch((error: unknown) => fail(name, error));
      } catch (error) {
        fail(name, error);
      }
    };
    this.#guards.set(listener, guard);
    return guard;
  }
}
