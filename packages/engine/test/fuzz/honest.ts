import type { FsTree } from "@ninefold/core/contracts";
import { Guest } from "../support/guest.ts";

/** Another session of the same tree, on a file that nobody else can reach: it must notice nothing. */
export class Honest {
  readonly #guest: Guest;
  #rounds = 0;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  static async over(tree: FsTree): Promise<Honest> {
    const guest = await Guest.attached(tree);
    await guest.walk(0, 1);
    await guest.rpc("Tlcreate", { fid: 1, name: "honest", flags: 2, mode: 0o600, gid: 0 });
    await guest.rpc("Tunlinkat", { dirfd: 0, name: "honest", flags: 0 });
    return new Honest(guest);
  }

  async check(): Promise<void> {
    const data = Buffer.from(`round ${this.#rounds++}`);
    await this.#guest.rpc("Twrite", { fid: 1, offset: 0, data });
    const { data: found } = await this.#guest.rpc("Tread", { fid: 1, offset: 0, count: data.length });
    if (!data.equals(found)) throw new Error(`the honest session reads ${Buffer.from(found)} for ${data}`);
    await this.#guest.rpc("Tgetattr", { fid: 0, request_mask: 0x3fff });
  }

  async close(): Promise<void> {
    await this.#guest.session.close();
  }
}
