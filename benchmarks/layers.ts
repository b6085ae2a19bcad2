// What each layer costs: the same requests with and without it, in one process. npm run bench:layers [-- --rounds N --ms N]
// A session over a host folder, no transport: so a layer's share is as large as it can be. Only the ratios mean anything.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { silentLogger } from "@ninefold/core";
import {
  type Exchange,
  type FsLayer,
  type FsTree,
  IoVec,
  PENDING,
  type Session,
} from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { decodeMessage, encodeMessage, NOFID, NOTAG } from "@ninefold/engine/codec";
import { idmap, quota, readonly, throttle } from "@ninefold/fs-layers";
import { localFs } from "@ninefold/fs-local";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "41" }, ms: { type: "string", default: "8" } },
});
const ROUNDS = Number(values.rounds);
const ROUND_MS = Number(values.ms);
const MSIZE = 64 * 1024;
const env = { fsdev: "bench", log: silentLogger, baseDirectory: "/" };

type Wrap = (tree: FsTree) => Promise<FsTree>;

function layer<Options>(one: FsLayer<Options>, options: Record<string, unknown>): Wrap {
  return async (tree) => {
    const checked = await one.schema["~standard"].validate(options);
    if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues));
    return one.wrap(tree, checked.value, env);
  };
}

const throttled = layer(throttle, { "bps-total": "1T", "iops-total": 1e12 });
const limited = layer(quota, { "max-space": "100T", "max-files": 1e9, "max-open-files": 1e6, rescan: 0 });
const mapped = layer(idmap, { uid: "0:0:65536", gid: "0:0:65536" });
const STACKS: Readonly<Record<string, readonly Wrap[]>> = {
  none: [],
  throttle: [throttled],
  "throttle, writes alone": [layer(throttle, { "bps-write": "1T" })],
  quota: [limited],
  idmap: [mapped],
  readonly: [layer(readonly, {})],
  "throttle, quota, idmap": [throttled, limited, mapped],
};

/** A session, and the messages that are sent to it again and again. */
class Subject {
  readonly #session: Session;
  readonly #request = new IoVec();
  readonly #reply = new IoVec();
  readonly #room = new Uint8Array(MSIZE);
  readonly #exchange: Exchange;
  #settle: () => void = () => {};

  constructor(tree: FsTree, id: string) {
    const peer = { description: "bench" };
    const options = { id, tree, log: silentLogger, peer, maxMessageSize: MSIZE };
    this.#session = createEngine().createSession(options);
    this.#exchange = { request: this.#request, reply: this.#reply, complete: () => this.#settle() };
  }

  /** Undefined when it is answered already. */
  send(message: Uint8Array): Promise<void> | undefined {
    this.#request.clear();
    this.#request.push(message, 0, message.length, 0);
    this.#reply.clear();
    this.#reply.push(this.#room, 0, MSIZE, 0);
    if (this.#session.handle(this.#exchange) !== PENDING) return undefined;
    return new Promise((settle) => {
      this.#settle = settle;
    });
  }

  async check(message: Uint8Array): Promise<void> {
    await this.send(message);
    const length = new DataView(this.#room.buffer).getUint32(0, true);
    const reply = decodeMessage(this.#room.slice(0, length));
    if (reply.type === "Rlerror")
      throw new Error(`${decodeMessage(message).type}: errno ${reply.fields.ecode}`);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

const walk = (newfid: number, name: string) => encodeMessage("Twalk", 1, { fid: 0, newfid, wname: [name] });
const clunk = (fid: number) => encodeMessage("Tclunk", 1, { fid });
const DATA = new Uint8Array(4096).fill(120);
const ROWS: Readonly<Record<string, { readonly messages: readonly Uint8Array[]; readonly changes?: true }>> =
  {
    getattr: { messages: [encodeMessage("Tgetattr", 1, { fid: 1, request_mask: 0x17ffn })] },
    "walk + clunk": { messages: [walk(5, "file"), clunk(5)] },
    "walk + open + clunk": {
      messages: [walk(5, "file"), encodeMessage("Tlopen", 1, { fid: 5, flags: 0 }), clunk(5)],
    },
    "read 4 KiB": { messages: [encodeMessage("Tread", 1, { fid: 2, offset: 0n, count: 4096 })] },
    "write 4 KiB": {
      messages: [encodeMessage("Twrite", 1, { fid: 3, offset: 0n, data: DATA })],
      changes: true,
    },
    "mkdir + rmdir": {
      messages: [
        encodeMessage("Tmkdir", 1, { dfid: 0, name: "d", mode: 0o755, gid: 0 }),
        encodeMessage("Tunlinkat", 1, { dirfd: 0, name: "d", flags: 0x200 }),
      ],
      changes: true,
    },
  };

/** Nanoseconds of processor time for a request: what others on the machine do does not count. */
async function cost(subject: Subject, messages: readonly Uint8Array[]): Promise<number> {
  const began = process.cpuUsage();
  const until = performance.now() + ROUND_MS;
  let count = 0;
  while (performance.now() < until) {
    for (let i = 0; i < 16; i++) {
      for (const message of messages) {
        const later = subject.send(message);
        if (later !== undefined) await later;
      }
    }
    count += 16 * messages.length;
  }
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1000) / count;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const base = mkdtempSync(join(tmpdir(), "ninefold-layers-"));
const subjects = new Map<string, Subject>();
const trees: FsTree[] = [];
try {
  for (const [index, [name, wraps]] of Object.entries(STACKS).entries()) {
    const path = join(base, String(index));
    mkdirSync(path);
    writeFileSync(join(path, "file"), DATA);
    const local = { path, security_model: "none", readonly: false, multidevs: "remap" } as const;
    let tree = await localFs.open(local, env);
    for (const wrap of wraps) tree = await wrap(tree);
    trees.push(tree);
    const subject = new Subject(tree, `bench-${index}`);
    await subject.check(encodeMessage("Tversion", NOTAG, { msize: MSIZE, version: "9P2000.L" }));
    await subject.check(
      encodeMessage("Tattach", 1, { fid: 0, afid: NOFID, uname: "root", aname: "", n_uname: 0 }),
    );
    for (const fid of [1, 2, 3]) await subject.check(walk(fid, "file"));
    await subject.check(encodeMessage("Tlopen", 1, { fid: 2, flags: 0 }));
    if (name !== "readonly") await subject.check(encodeMessage("Tlopen", 1, { fid: 3, flags: 1 }));
    subjects.set(name, subject);
  }

  const names = Object.keys(STACKS);
  console.log(
    `ns of processor time for a request without a layer, then how many times that with one: median of ${ROUNDS} rounds\n`,
  );
  console.log(`| | none | ${names.slice(1).join(" | ")} |`);
  console.log(`| --- |${" --- |".repeat(names.length)}`);
  for (const [row, { messages, changes }] of Object.entries(ROWS)) {
    const costs = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let round = -1; round < ROUNDS; round++) {
      // The order turns, so that none is always the first.
      for (let i = 0; i < names.length; i++) {
        const name = names[(i + round + 1) % names.length] as string;
        const subject = subjects.get(name);
        if (subject === undefined || (changes && name === "readonly")) continue;
        const found = await cost(subject, messages);
        if (round >= 0) costs.get(name)?.push(found);
      }
    }
    const none = costs.get("none") ?? [];
    const cells = names.slice(1).map((name) => {
      const own = costs.get(name) ?? [];
      return own.length === 0
        ? "–"
        : median(own.map((value, i) => value / (none[i] ?? Number.NaN))).toFixed(2);
    });
    console.log(`| ${row} | ${Math.round(median(none)).toLocaleString("en")} | ${cells.join(" | ")} |`);
  }

  const many = join(base, "many");
  for (let d = 0; d < 20; d++) {
    mkdirSync(join(many, String(d)), { recursive: true });
    for (let i = 0; i < 500; i++) writeFileSync(join(many, String(d), String(i)), "");
  }
  const local = { path: many, security_model: "none", readonly: false, multidevs: "remap" } as const;
  const tree = await localFs.open(local, env);
  const began = performance.now();
  trees.push(await limited(tree));
  const seconds = (performance.now() - began) / 1000;
  console.log(`\na quota counts ${Math.round(10_020 / seconds).toLocaleString("en")} entries a second`);
} finally {
  for (const subject of subjects.values()) await subject.close();
  for (const tree of trees) await tree.close();
  rmSync(base, { recursive: true, force: true });
}
