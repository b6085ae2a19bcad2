import { BROKEN, ERRNO, PENDING } from "@ninefold/core/contracts";
import {
  decodeMessage,
  encodeMessage,
  MESSAGES,
  type MessageInput,
  type MessageName,
  NOFID,
} from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Session } from "../src/session/session.ts";
import { TestExchange } from "./support/exchange.ts";
import { Guest, quiet } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { anyMessage } from "./support/messages.ts";

const requests = (Object.keys(MESSAGES) as MessageName[]).filter((name) => name.startsWith("T"));

/** Sends bytes, and checks what holds for every answer. Returns it decoded, or undefined. */
async function ask(session: Session, bytes: Uint8Array, room: number, pieces: number): Promise<unknown> {
  const exchange = new TestExchange(bytes, room, pieces);
  const now = session.handle(exchange);
  if (now === BROKEN) {
    expect(bytes.length < 7 || room < 11).toBe(true);
    return undefined;
  }
  if (now !== PENDING) exchange.complete(now);
  const length = await exchange.done;
  if (length === 0) return undefined;
  expect(length).toBeLessThanOrEqual(room);
  const reply = decodeMessage(exchange.bytes());
  expect(reply.tag).toBe(new DataView(bytes.buffer, bytes.byteOffset).getUint16(5, true));
  return reply;
}

async function attached(gate?: Gate): Promise<{ session: Session; errors: unknown[] }> {
  const errors: unknown[] = [];
  const log = { ...quiet, error: (...of: unknown[]) => void errors.push(of) };
  const tree = await memoryTree({ files: { a: "text", "b/a": "more" }, size: 1 << 22 });
  const guest = await Guest.attached(gate === undefined ? tree : heldTree(tree, gate), { log });
  await guest.walk(0, 1, "a");
  await guest.rpc("Tlopen", { fid: 1, flags: 2 });
  await guest.walk(0, 2, "b");
  await guest.rpc("Tlopen", { fid: 2, flags: 0 });
  return { session: guest.session, errors };
}

const anyRoom = fc.oneof(fc.constant(8192), fc.nat(200));

/** Fids, offsets and counts that often mean something, so that sequences get somewhere. */
const likely = fc.record({
  message: anyMessage(requests),
  fid: fc.nat(4),
  newfid: fc.nat(5),
  flags: fc.nat(3),
});

function encodeLikely({
  message,
  fid,
  newfid,
  flags,
}: typeof likely extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const fields: Record<string, unknown> = { ...message.fields };
  for (const name of Object.keys(fields)) {
    if (["fid", "dfid", "dirfd", "olddirfid"].includes(name)) fields[name] = fid;
    if (["newfid", "newdirfid"].includes(name)) fields[name] = newfid;
    if (name === "flags") fields[name] = flags;
    if (name === "afid") fields[name] = NOFID;
    if (name === "aname") fields[name] = "";
    if (["offset", "attr_size", "size"].includes(name)) fields[name] = BigInt(fields[name] as bigint) % 300n;
    if (name === "version") fields[name] = "9P2000.L";
    if (name === "msize") fields[name] = 8192;
    // A second's wait for each lock would be all that this test does.
    if (message.type === "Tlock" && name === "flags") fields[name] = 0;
  }
  return encodeMessage(message.type, message.tag, fields as MessageInput<MessageName>);
}

describe("whatever bytes come, the session answers within its room and goes on", () => {
  it("random bytes", async () => {
    const { session, errors } = await attached();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        anyRoom,
        fc.integer({ min: 1, max: 9 }),
        async (...of) => {
          await ask(session, ...of);
        },
      ),
      { numRuns: 500 },
    );
    expect(errors).toEqual([]);
  });

  it("random bytes behind a true header", async () => {
    const { session, errors } = await attached();
    const body = fc.uint8Array({ maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...requests), body, anyRoom, async (name, bytes, room) => {
        if (name === "Tversion") return;
        const whole = new Uint8Array([0, 0, 0, 0, MESSAGES[name][0], 1, 0, ...bytes]);
        new DataView(whole.buffer).setUint32(0, whole.length, true);
        await ask(session, whole, room, 3);
      }),
      { numRuns: 800 },
    );
    expect(errors).toEqual([]);
  });

  it("messages with some bytes changed", async () => {
    const { session, errors } = await attached();
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(likely, flips, anyRoom, async (step, changes, room) => {
        const bytes = encodeLikely(step);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        if (bytes[4] === MESSAGES.Tlock[0]) return;
        await ask(session, bytes, room, 2);
      }),
      { numRuns: 800 },
    );
    expect(errors).toEqual([]);
  });

  it.each(["at once", "later"])(
    "sequences of messages, over a tree that answers %s, leaving nothing behind",
    async (when) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(likely, { minLength: 1, maxLength: 6 }), { maxLength: 25 }),
          async (batches) => {
            const gate = new Gate();
            const { session, errors } = await attached(when === "later" ? gate : undefined);
            for (const batch of batches) {
              const tags = new Set<number>();
              const distinct = batch.filter(({ message }) => !tags.has(message.tag) && tags.add(message.tag));
              await Promise.all(distinct.map((step) => ask(session, encodeLikely(step), 8192, 2)));
            }
            await session.close();
            expect(gate.references).toBe(0);
            expect(errors).toEqual([]);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});

describe("a message", () => {
  const clunk = encodeMessage("Tclunk", 3, { fid: 40 });

  function sized(bytes: Uint8Array, size: number): Uint8Array {
    const other = bytes.slice();
    new DataView(other.buffer).setUint32(0, size, true);
    return other;
  }

  it("is broken only when it has no header, or its reply has no room for an error", async () => {
    const { session } = await attached();
    const handle = (bytes: Uint8Array, room: number): number =>
      session.handle(new TestExchange(bytes, room, 1));
    expect(handle(clunk.slice(0, 6), 4096)).toBe(BROKEN);
    expect(handle(new Uint8Array(0), 4096)).toBe(BROKEN);
    expect(handle(clunk, 10)).toBe(BROKEN);
    expect(handle(clunk, 11)).toBe(11);
    expect(handle(clunk.slice(0, 7), 11)).toBe(11);
  });

  it("that is not as long as it says, or not as its fields need, is EPROTO", async () => {
    const { session } = await attached();
    const errno = async (bytes: Uint8Array): Promise<unknown> => ask(session, bytes, 4096, 1);
    const eproto = { type: "Rlerror", tag: 3, fields: { ecode: ERRNO.EPROTO } };
    expect(await errno(sized(clunk, 12))).toEqual(eproto);
    expect(await errno(sized(clunk, 0xffff_ffff))).toEqual(eproto);
    expect(await errno(sized(clunk, 10))).toEqual(eproto);
    expect(await errno(sized(clunk, 6))).toEqual(eproto);
    expect(await errno(sized(new Uint8Array([...clunk, 0]), 12))).toEqual(eproto);
    const write = encodeMessage("Twrite", 3, { fid: 1, offset: 0, data: new Uint8Array(8) });
    const more = write.slice();
    new DataView(more.buffer).setUint32(19, 9, true);
    expect(await errno(more)).toEqual(eproto);
    new DataView(more.buffer).setUint32(19, 0xffff_ffff, true);
    expect(await errno(more)).toEqual(eproto);
  });

  it("may have bytes behind its end, which are not looked at", async () => {
    const { session } = await attached();
    const padded = new Uint8Array([...clunk, 1, 2, 3]);
    expect(await ask(session, padded, 4096, 2)).toMatchObject({ fields: { ecode: ERRNO.EBADF } });
  });

  it("larger than agreed is EMSGSIZE, and so is one that no message can be", async () => {
    const { session } = await attached();
    const large = encodeMessage("Twrite", 3, { fid: 1, offset: 0, data: new Uint8Array(65536) });
    expect(await ask(session, large, 4096, 2)).toMatchObject({ fields: { ecode: ERRNO.EMSGSIZE } });
    const tree = await memoryTree();
    const guest = await Guest.attached(tree, { maxMessageSize: 1 << 20 });
    await guest.version(1 << 20);
    const names = new Array<string>(16).fill("x".repeat(60_000));
    const walk = encodeMessage("Twalk", 3, { fid: 0, newfid: 1, wname: names });
    expect(await ask(guest.session, walk, 4096, 2)).toMatchObject({ fields: { ecode: ERRNO.EMSGSIZE } });
  });

  it("whose type is unknown, or of another dialect, is EOPNOTSUPP", async () => {
    const { session } = await attached();
    for (const type of [0, 6, 7, 107, 112, 114, 124, 126, 228, 255]) {
      const message = new Uint8Array([7, 0, 0, 0, type, 9, 0]);
      expect(await ask(session, message, 4096, 1)).toMatchObject({
        tag: 9,
        fields: { ecode: ERRNO.EOPNOTSUPP },
      });
    }
  });

  it("is not carried out when its reply would not fit", async () => {
    const { session } = await attached();
    const mkdir = encodeMessage("Tmkdir", 1, { dfid: 0, name: "new", mode: 0o755, gid: 0 });
    expect(await ask(session, mkdir, 19, 1)).toMatchObject({ fields: { ecode: ERRNO.EMSGSIZE } });
    const walk = encodeMessage("Twalk", 1, { fid: 0, newfid: 9, wname: ["b", "a"] });
    expect(await ask(session, walk, 34, 1)).toMatchObject({ fields: { ecode: ERRNO.EMSGSIZE } });
    expect(await ask(session, walk, 35, 1)).toMatchObject({ type: "Rwalk" });
    expect(await ask(session, mkdir, 20, 1)).toMatchObject({ type: "Rmkdir" });
  });

  it("is read once: what a guest changes afterwards does not count", async () => {
    const gate = new Gate();
    const { session } = await attached(gate);
    gate.hold("mkdir");
    const bytes = encodeMessage("Tmkdir", 1, { dfid: 0, name: "name", mode: 0o755, gid: 0 });
    const exchange = new TestExchange(bytes, 4096, 1);
    expect(session.handle(exchange)).toBe(PENDING);
    exchange.request.bytes[0]!.fill(0x2f);
    gate.open();
    await exchange.done;
    expect(decodeMessage(exchange.bytes()).type).toBe("Rmkdir");
    const walk = encodeMessage("Twalk", 1, { fid: 0, newfid: 8, wname: ["name"] });
    expect(await ask(session, walk, 4096, 1)).toMatchObject({ type: "Rwalk" });
  });
});
