import type { MessageInput, MessageName } from "@ninefold/engine/codec";

import { type Guest, RlerrorReply } from "../../../engine/test/support/guest.ts";
import { SECRET } from "./trap.ts";

type TName = Extract<MessageName, `T${string}`>;

const HANGS_MS = 10_000;
const TIMES = { atime_sec: 1, atime_nsec: 0, mtime_sec: 1, mtime_nsec: 0 };
/** Tsetattr's: mode, owner, size, times. */
const CHANGES = [0x1, 0x6, 0x8, 0x1b0];

/** A guest that tries everything, notes what it was answered and what it saw. */
export class Attacker {
  readonly #guest: Guest;
  /** Answers by errno; 0 is success. */
  readonly answers = new Map<number, number>();
  sent = 0;
  #seen = "";

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Throws when something of the outside was read or named. */
  check(): void {
    if (this.#seen.includes(SECRET)) throw new Error("something from outside was read or named");
    this.#seen = "";
  }

  /** One request; its errno. Throws when the answer does not come. */
  async try<Name extends TName>(type: Name, fields: MessageInput<Name>): Promise<number> {
    this.sent++;
    const errno = await inTime(this.#ask(type, fields), type);
    this.answers.set(errno, (this.answers.get(errno) ?? 0) + 1);
    return errno;
  }

  async #ask<Name extends TName>(type: Name, fields: MessageInput<Name>): Promise<number> {
    try {
      const reply = (await this.#guest.rpc(type, fields)) as { data?: Uint8Array; target?: string };
      if (reply.data !== undefined && reply.data.length > 0)
        this.#seen += Buffer.from(reply.data).toString("latin1");
      return 0;
    } catch (error) {
      if (error instanceof RlerrorReply) return error.errno;
      throw error;
    }
  }

  /** Every operation that takes a name, in directory `dfid`, with `name`; returns those that succeeded. */
  async byName(dfid: number, name: string): Promise<string[]> {
    const other = 40;
    const calls: [TName, Record<string, unknown>][] = [
      ["Twalk", { fid: dfid, newfid: other, wname: [name] }],
      ["Tmkdir", { dfid, name, mode: 0o777, gid: 0 }],
      ["Tmknod", { dfid, name, mode: 0o100666, major: 0, minor: 0, gid: 0 }],
      ["Tmknod", { dfid, name, mode: 0o10666, major: 0, minor: 0, gid: 0 }],
      ["Tsymlink", { dfid, name, target: "x", gid: 0 }],
      ["Tlink", { dfid, fid: 1, name }],
      ["Trename", { fid: 1, dfid, name }],
      ["Trenameat", { olddirfid: dfid, oldname: "f", newdirfid: dfid, newname: name }],
      ["Trenameat", { olddirfid: dfid, oldname: name, newdirfid: dfid, newname: "moved" }],
      ["Tunlinkat", { dirfd: dfid, name, flags: 0 }],
      ["Tunlinkat", { dirfd: dfid, name, flags: 0x200 }],
      ["Txattrwalk", { fid: 1, newfid: other, name }],
    ];
    const succeeded: string[] = [];
    for (const [type, fields] of calls) {
      if ((await this.try(type, fields as MessageInput<typeof type>)) !== 0) continue;
      succeeded.push(type);
      if ("newfid" in fields) await this.try("Tclunk", { fid: other });
    }
    await this.try("Twalk", { fid: dfid, newfid: other, wname: [] });
    if ((await this.try("Tlcreate", { fid: other, name, flags: 2, mode: 0o666, gid: 0 })) === 0)
      succeeded.push("Tlcreate");
    await this.try("Tclunk", { fid: other });
    return succeeded;
  }

  /** Every operation on what a walk along `path` leads to, and on its directory. Any of them may fail. */
  async along(path: readonly string[], round: number): Promise<void> {
    const [directory, node, opened] = [20, 21, 22];
    const step = path.slice(0, -1);
    if (round % 2 === 0) await this.try("Twalk", { fid: 0, newfid: directory, wname: step });
    else {
      await this.try("Twalk", { fid: 0, newfid: directory, wname: [] });
      for (const name of step) await this.try("Twalk", { fid: directory, newfid: directory, wname: [name] });
    }
    await this.try("Twalk", { fid: 0, newfid: node, wname: path });
    await this.#onNode(node, opened, round);
    await this.#inDirectory(directory, node, path.at(-1) ?? "", round);
    for (const fid of [directory, node, opened]) await this.try("Tclunk", { fid });
  }

  async #onNode(node: number, opened: number, round: number): Promise<void> {
    await this.try("Tgetattr", { fid: node, request_mask: 0x3fff });
    await this.try("Treadlink", { fid: node });
    await this.try("Tstatfs", { fid: node });
    const valid = CHANGES[round % CHANGES.length] as number;
    await this.try("Tsetattr", { fid: node, valid, mode: 0o600, uid: 7, gid: 7, size: 3, ...TIMES });
    await this.try("Twalk", { fid: node, newfid: opened, wname: [] });
    await this.try("Txattrcreate", { fid: opened, name: "user.hit", attr_size: 1, flags: 0 });
    await this.try("Twrite", { fid: opened, offset: 0, data: Buffer.from("x") });
    await this.try("Tclunk", { fid: opened });
    await this.try("Txattrwalk", { fid: node, newfid: opened, name: round % 2 === 0 ? "" : "user.hit" });
    await this.try("Tread", { fid: opened, offset: 0, count: 100 });
    await this.try("Tclunk", { fid: opened });
    await this.try("Twalk", { fid: node, newfid: opened, wname: [] });
    await this.try("Tlopen", { fid: opened, flags: [2, 0, 0o1001, 0o2002][round % 4] as number });
    await this.try("Tread", { fid: opened, offset: 0, count: 100 });
    await this.try("Twrite", { fid: opened, offset: 0, data: Buffer.from("own") });
    await this.try("Treaddir", { fid: opened, offset: 0, count: 4000 });
    await this.try("Tfsync", { fid: opened, datasync: 0 });
    const lock = { type: 1, start: 0, length: 0, proc_id: 1, client_id: "c" };
    await this.try("Tlock", { fid: opened, flags: 0, ...lock });
    await this.try("Tgetlock", { fid: opened, ...lock });
  }

  async #inDirectory(dfid: number, node: number, last: string, round: number): Promise<void> {
    const name = `new-${round % 5}`;
    const listed = 23;
    await this.try("Twalk", { fid: dfid, newfid: listed, wname: [] });
    await this.try("Tlopen", { fid: listed, flags: 0 });
    await this.try("Treaddir", { fid: listed, offset: 0, count: 4000 });
    await this.try("Tclunk", { fid: listed });
    await this.try("Twalk", { fid: dfid, newfid: listed, wname: [] });
    await this.try("Tlcreate", { fid: listed, name, flags: 2, mode: 0o666, gid: 0 });
    await this.try("Twrite", { fid: listed, offset: 0, data: Buffer.from("own") });
    await this.try("Tclunk", { fid: listed });
    await this.try("Trenameat", {
      olddirfid: dfid,
      oldname: name,
      newdirfid: dfid,
      newname: `${name}-moved`,
    });
    await this.try("Tlink", { dfid, fid: node, name: `${name}-linked` });
    await this.try("Tlink", { dfid: 0, fid: node, name: `linked-${round % 3}` });
    await this.try("Tmkdir", { dfid, name: `dir-${round % 3}`, mode: 0o777, gid: 0 });
    await this.try("Tsymlink", { dfid, name: "s", target: "../../outside/f", gid: 0 });
    await this.try("Tmknod", { dfid, name: "p", mode: 0o10666, major: 0, minor: 0, gid: 0 });
    for (const made of [`${name}-moved`, `${name}-linked`, "s", "p", `only-${SECRET}`]) {
      await this.try("Tunlinkat", { dirfd: dfid, name: made, flags: 0 });
    }
    await this.try("Tunlinkat", { dirfd: 0, name: `linked-${round % 3}`, flags: 0 });
    await this.try("Tunlinkat", { dirfd: dfid, name: `dir-${round % 3}`, flags: 0x200 });
    await this.try("Trenameat", { olddirfid: dfid, oldname: last, newdirfid: dfid, newname: "away" });
    await this.try("Trenameat", { olddirfid: dfid, oldname: "away", newdirfid: dfid, newname: last });
    await this.try("Tsetattr", { fid: dfid, valid: 1, mode: 0o777, uid: 0, gid: 0, size: 0, ...TIMES });
    await this.try("Twalk", { fid: dfid, newfid: listed, wname: ["..", "..", "outside", "f"] });
    await this.try("Tclunk", { fid: listed });
  }
}

async function inTime<Result>(answer: Promise<Result>, what: string): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANGS_MS);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
