import type { FsdevConfig } from "../config/server-config.ts";
import { ConfigError } from "../contracts/config-error.ts";
import type { FsdevEvents } from "../contracts/events.ts";
import type { EventHub } from "../events/event-hub.ts";

/** The file trees that devices may name, by id, in the order in which they were added. */
export class FsdevRegistry {
  readonly #fsdevs = new Map<string, FsdevConfig>();
  readonly #events: Pick<EventHub<FsdevEvents>, "emit">;

  constructor(events: Pick<EventHub<FsdevEvents>, "emit">) {
    this.#events = events;
  }

  /** Tells `fsdev-add`. Throws ConfigError when the id is taken. */
  add(fsdev: FsdevConfig): void {
    if (this.#fsdevs.has(fsdev.id)) {
      throw new ConfigError({
        code: "ERR_CONFIG_DUPLICATE",
        path: `fsdev ${fsdev.id}`,
        option: "id",
        value: fsdev.id,
        problem: `id "${fsdev.id}" is taken`,
        hint: "give each fsdev an id of its own",
      });
    }
    this.#fsdevs.set(fsdev.id, fsdev);
    this.#events.emit("fsdev-add", { fsdev: fsdev.id, driver: fsdev.driver });
  }

  /** Tells `fsdev-remove`; nothing happens when it is not there. */
  remove(id: string): void {
    const fsdev = this.#fsdevs.get(id);
    if (fsdev === undefined) return;
    this.#fsdevs.delete(id);
    this.#events.emit("fsdev-remove", { fsdev: id, driver: fsdev.driver });
  }

  /** Throws ConfigError that names the fsdevs that there are; `user` is who asks: `device d0`. */
  require(id: string, user: string): FsdevConfig {
    const fsdev = this.#fsdevs.get(id);
    if (fsdev !== undefined) return fsdev;
    const known = [...this.#fsdevs.keys()].join(", ");
    throw new ConfigError({
      code: "ERR_CONFIG_REFERENCE",
      path: user,
      option: "fsdev",
      value: id,
      problem: `there is no fsdev "${id}"`,
      hint: known === "" ? "none is configured: add one" : `configured: ${known}`,
    });
  }

  list(): readonly FsdevConfig[] {
    return [...this.#fsdevs.values()];
  }
}
