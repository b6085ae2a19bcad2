import { ERRNO, type FsTree } from "@ninefold/core/contracts";
import { decodeDirectory, type Message, type MessageInput, type MessageName } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { Guest, sessionOptions, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { override } from "./support/override.ts";
import { bytesOf, textOf } from "./support/text.ts";

type Step = { [Name in MessageName]: readonly [Name, MessageInput<Name>] }[Extract<
  MessageName,
  `T${string}`
>];

const fid = fc.nat(5);
const newfid = fc.nat(5);
const name = fc.constantFrom("a", "b", "c");
const range = { start: fc.nat(50), length: fc.nat(50), proc_id: fc.nat(2), client_id: fc.constant("vm") };

function step<Name extends MessageName>(
  type: Name,
  fields: { [Field in keyof MessageInput<Name>]: fc.Arbitrary<MessageInput<Name>[Field]> },
): fc.Arbitrary<Step> {
  return fc.record(fields).map((made) => [type, made] as unknown as Step);
}

/** Everything that makes state, but unlinking: what is gone cannot be found again. */
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  step("Twalk", { fid, newfid, wname: fc.array(name, { maxLength: 2 }) }),
  step("Tlopen", { fid, flags: fc.constantFrom(0, 1, 2, 0o2001) }),
  step("Tlcreate", {
    fid,
    name,
    flags: fc.constantFrom(0, 2, 0o202),
    mode: fc.constant(0o644),
    gid: fc.constant(0),
  }),
  step("Tmkdir", { dfid: fid, name, mode: fc.constant(0o755), gid: fc.constant(0) }),
  step("Twrite", { fid, offset: fc.nat(20), data: fc.uint8Array({ maxLength: 20 }) }),
  step("Trenameat", { olddirfid: fid, oldname: name, newdirfid: fc.nat(5), newname: name }),
  step("Txattrcreate", { fid, name: fc.constant("user.a"), attr_size: fc.nat(9), flags: fc.constant(0) }),
  step("Txattrwalk", { fid, newfid, name: fc.constantFrom("", "user.a") }),
  step("Tlock", { fid, type: fc.nat(2), flags: fc.constant(0), ...range }),
  step("Tclunk", { fid: fc.integer({ min: 1, max: 5 }) }),
);

/** Messages that change nothing but the session. */
const anyProbe: fc.Arbitrary<Step> = fc.oneof(
  step("Tgetattr", { fid, request_mask: fc.constant(0x3fff) }),
  step("Tread", { fid, offset: fc.nat(20), count: fc.nat(50) }),
  step("Treaddir", { fid, offset: fc.nat(4), count: fc.constant(500) }),
  step("Twalk", { fid, newfid, wname: fc.array(fc.constantFrom("a", "b", ".."), { maxLength: 3 }) }),
  step("Tgetlock", { fid, type: fc.nat(2), ...range }),
  step("Tlopen", { fid, flags: fc.constant(0) }),
  step("Txattrwalk", { fid, newfid, name: fc.constant("") }),
  step("Tremove", { fid: fc.constant(9) }),
  step("Tstatfs", { fid }),
);

async function send(guest: Guest, [type, fields]: Step): Promise<Message | undefined> {
  return guest.send(type as "Tclunk", fields as MessageInput<"Tclunk">, { tag: 1 }).reply;
}

async function restored(guest: Guest, tree: FsTree, id: string): Promise<Guest> {
  const state = structuredClone(guest.session.save());
  return new Guest(await Session.restore(sessionOptions(tree, { id }), state));
}

describe("a session that is restored from its state", () => {
  it.each([
    ["with the tree's locks", true],
    ["with the engine's locks", false],
  ])("gives the same answers, %s", async (_, locks) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 40 }),
        fc.array(anyProbe, { maxLength: 20 }),
        async (steps, probes) => {
          const memory = await memoryTree({ files: { a: "text", "b/a": "x", "b/c/a": "y" } });
          const view = (): FsTree => override(memory, { supports: { ...memory.supports, locks } });
          const first = await Guest.attached(view(), { id: "vm" });
          for (const each of steps) await send(first, each);
          const second = await restored(first, view(), "vm");
          expect(second.session.save()).toEqual(first.session.save());
          for (const probe of probes) expect(await send(second, probe)).toEqual(await send(first, probe));
        },
      ),
      { numRuns: 80 },
    );
  });

  it("goes on in the middle of a directory, and of an attribute's value", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `n${i}`);
    const tree = await memoryTree({ files: Object.fromEntries(names.map((each) => [each, ""])) });
    const first = await Guest.attached(tree, { id: "vm" });
    await first.walk(0, 1);
    await first.rpc("Tlopen", { fid: 1, flags: 0 });
    const half = decodeDirectory((await first.rpc("Treaddir", { fid: 1, offset: 0, count: 700 })).data);
    await first.walk(0, 2, "n1");
    await first.rpc("Txattrcreate", { fid: 2, name: "user.a", attr_size: 4, flags: 0 });
    await first.rpc("Twrite", { fid: 2, offset: 0, data: bytesOf("ab") });

    const second = await restored(first, tree, "vm");
    const { offset } = half.at(-1)!;
    const rest = decodeDirectory((await second.rpc("Treaddir", { fid: 1, offset, count: 60_000 })).data);
    const found = [...half, ...rest].map((entry) => entry.name).filter((each) => !each.startsWith("."));
    expect(found.sort()).toEqual(names.sort());
    await second.rpc("Twrite", { fid: 2, offset: 2, data: bytesOf("cd") });
    await second.clunk(2);
    await second.walk(0, 2, "n1");
    await second.rpc("Txattrwalk", { fid: 2, newfid: 3, name: "user.a" });
    expect(textOf((await second.rpc("Tread", { fid: 3, offset: 0, count: 9 })).data)).toBe("abcd");
  });

  it("answers ESTALE for what is gone, and still clunks it", async () => {
    const tree = await memoryTree({ files: { file: "text" } });
    const first = await Guest.attached(tree, { id: "vm" });
    await first.walk(0, 1, "file");
    await first.rpc("Tlopen", { fid: 1, flags: 2 });
    await first.rpc("Tunlinkat", { dirfd: 0, name: "file", flags: 0 });
    const second = await restored(await restored(first, tree, "vm"), tree, "vm");
    const { ESTALE } = ERRNO;
    expect(await second.errno("Tread", { fid: 1, offset: 0, count: 9 })).toBe(ESTALE);
    expect(await second.errno("Twrite", { fid: 1, offset: 0, data: bytesOf("x") })).toBe(ESTALE);
    expect(await second.errno("Tgetattr", { fid: 1, request_mask: 0 })).toBe(ESTALE);
    expect(await second.errno("Treaddir", { fid: 1, offset: 0, count: 9 })).toBe(ESTALE);
    expect(await second.errno("Tlopen", { fid: 1, flags: 0 })).toBe(ESTALE);
    expect(await second.errno("Twalk", { fid: 1, newfid: 2, wname: [] })).toBe(ESTALE);
    expect(await second.errno("Tfsync", { fid: 1, datasync: 0 })).toBe(ESTALE);
    await second.clunk(1);
    expect(await second.errno("Tgetattr", { fid: 1, request_mask: 0 })).toBe(ERRNO.EBADF);
  });

  it("does not truncate what was opened to be truncated", async () => {
    const tree = await memoryTree({ files: { file: "text" } });
    const first = await Guest.attached(tree, { id: "vm" });
    await first.walk(0, 1, "file");
    await first.rpc("Tlopen", { fid: 1, flags: 0o1002 });
    await first.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("new") });
    const second = await restored(first, tree, "vm");
    expect(textOf((await second.rpc("Tread", { fid: 1, offset: 0, count: 9 })).data)).toBe("new");
  });

  it("loses a lock that somebody else has now, and no other", async () => {
    const memory = await memoryTree({ files: { file: "" } });
    const view = (): FsTree => override(memory, { supports: { ...memory.supports, locks: false } });
    const lock = { fid: 1, type: 1, flags: 0, length: 1, proc_id: 1, client_id: "vm" };
    const open = async (guest: Guest): Promise<void> => {
      await guest.walk(0, 1, "file");
      await guest.rpc("Tlopen", { fid: 1, flags: 2 });
    };
    const first = await Guest.attached(view(), { id: "vm" });
    await open(first);
    await first.rpc("Tlock", { ...lock, start: 0 });
    await first.rpc("Tlock", { ...lock, start: 5 });
    const other = view();
    const thief = await Guest.attached(other);
    await open(thief);
    await thief.rpc("Tlock", { ...lock, start: 5 });
    const second = await restored(first, other, "vm");
    expect(second.session.save().locks).toMatchObject([{ start: 0, length: 1, type: "write" }]);
  });

  it("releases all that it holds when it is closed", async () => {
    const gate = new Gate();
    const tree = heldTree(await memoryTree({ files: { file: "text" } }), gate);
    const first = await Guest.attached(tree, { id: "vm" });
    await first.attach(7);
    await first.walk(0, 1, "file");
    await first.rpc("Tlopen", { fid: 1, flags: 2 });
    await first.walk(7, 2);
    const second = await restored(first, tree, "vm");
    await first.session.close();
    await second.clunk(7);
    await second.session.close();
    expect(gate.references).toBe(0);
  });
});

it("is not saved while requests are under way", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree(), gate));
  gate.hold("statfs");
  const statfs = guest.send("Tstatfs", { fid: 0 });
  await turns();
  expect(() => guest.session.save()).toThrow("1 requests are under way");
  const settled = guest.session.settled().then(() => guest.session.save());
  gate.open();
  expect((await settled).fids).toHaveLength(1);
  await statfs.reply;
});

it("can be saved before Tversion too", async () => {
  const tree = await memoryTree();
  const first = new Guest(new Session(sessionOptions(tree, { id: "vm" })));
  const second = await restored(first, tree, "vm");
  expect(await second.errno("Tclunk", { fid: 0 })).toBe(ERRNO.EPROTO);
  await second.version();
});
