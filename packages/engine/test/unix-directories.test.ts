import { ERRNO, type FsTree } from "@ninefold/core/contracts";
import { decodeStats } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { Guest, sessionOptions, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { overrideNodes } from "./support/override.ts";
import { create, DM, recordsOf, statOf, unixGuest } from "./support/unix.ts";

async function opened(tree: FsTree, fid = 1): Promise<Guest> {
  const guest = await unixGuest(tree);
  await guest.walk(0, fid);
  await guest.rpc("Topen", { fid, mode: 0 });
  return guest;
}

function filesNamed(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

const many = Array.from({ length: 150 }, (_, i) => `entry-${i}-${"x".repeat(i % 50)}`);

it("9P2000.u: a directory's records are those that Tstat gives of its entries", async () => {
  const guest = await opened(await memoryTree({ files: { ...filesNamed(["a", "b"]), "dir/c": "" } }));
  expect(await create(guest, 2, { name: "link", perm: DM.SYMLINK, extension: "a" })).toBe(0);
  expect(await create(guest, 3, { name: "null", perm: DM.DEVICE, extension: "c 1 3" })).toBe(0);
  const records = await recordsOf(guest, 1);
  expect(records.map(({ name }) => name).sort()).toEqual(["a", "b", "dir", "link", "null"]);
  for (const record of records) {
    await guest.walk(0, 9, record.name);
    const { atime, ...told } = await statOf(guest, 9);
    expect(record).toMatchObject(told);
    expect(atime).toBeGreaterThan(0);
    await guest.clunk(9);
  }
});

it("9P2000.u: records come whole, once each, whatever count is asked for", async () => {
  const guest = await opened(await memoryTree({ files: filesNamed(many) }));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 3000 }), async (count) => {
      const names = (await recordsOf(guest, 1, count)).map(({ name }) => name);
      expect(names.sort()).toEqual([...many].sort());
    }),
    { numRuns: 30 },
  );
});

it("9P2000.u: an offset is 0, or where the last reading ended; nothing else", async () => {
  const guest = await opened(await memoryTree({ files: filesNamed(many) }));
  const read = (offset: number | bigint): Promise<number> =>
    guest.errno("Tread", { fid: 1, offset, count: 500 });
  expect(await read(1)).toBe(ERRNO.EINVAL);
  const first = (await guest.rpc("Tread", { fid: 1, offset: 0, count: 500 })).data;
  for (const offset of [1, first.length - 1, first.length + 1, 2n ** 53n, 2n ** 64n - 1n]) {
    expect(await read(offset)).toBe(ERRNO.EINVAL);
  }
  const second = (await guest.rpc("Tread", { fid: 1, offset: first.length, count: 500 })).data;
  expect(decodeStats(second)[0]?.name).not.toBe(decodeStats(first)[0]?.name);
  expect(await read(first.length)).toBe(ERRNO.EINVAL);
  expect((await guest.rpc("Tread", { fid: 1, offset: 0, count: 500 })).data).toEqual(first);
});

it("9P2000.u: a count that not one record fits is EINVAL, and moves nothing", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `${i}-`.padEnd(50, "n"));
  const guest = await opened(await memoryTree({ files: filesNamed(names) }));
  for (const count of [1, 62, 70]) {
    expect(await guest.errno("Tread", { fid: 1, offset: 0, count })).toBe(ERRNO.EINVAL);
  }
  const { data } = await guest.rpc("Tread", { fid: 1, offset: 0, count: 300 });
  const left = 300 - data.length;
  expect(left).toBe(40);
  for (const count of [left + 1, 129]) {
    expect(await guest.errno("Tread", { fid: 1, offset: data.length, count })).toBe(ERRNO.EINVAL);
  }
  expect((await guest.rpc("Tread", { fid: 1, offset: data.length, count: left })).data).toHaveLength(0);
  const next = await guest.rpc("Tread", { fid: 1, offset: data.length, count: 300 });
  expect(next.data.length).toBeGreaterThan(0);
});

it("9P2000.u: who fills the rest of a buffer, as Linux does, gets what fits, or 0, and goes on with the next one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 250, max: 3000 }), async (size) => {
      const guest = await opened(await memoryTree({ files: filesNamed(many) }));
      const names: string[] = [];
      for (let offset = 0, isOver = false; !isOver; ) {
        isOver = true;
        for (let filled = 0; filled < size; ) {
          const { data } = await guest.rpc("Tread", { fid: 1, offset, count: size - filled });
          if (data.length === 0) break;
          names.push(...decodeStats(data).map(({ name }) => name));
          offset += data.length;
          filled += data.length;
          isOver = false;
        }
      }
      expect(names.sort()).toEqual([...many].sort());
    }),
    { numRuns: 40 },
  );
});

it("9P2000.u: what exists throughout is told exactly once, whatever comes and goes meanwhile", async () => {
  const name = fc.constantFrom("new-1", "new-2", "new-3", "old-1", "old-2", "old-3");
  const kept = ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.tuple(fc.boolean(), name), { maxLength: 3 }), { maxLength: 12 }),
      fc.integer({ min: 150, max: 400 }),
      async (changes, count) => {
        const tree = await memoryTree({ files: filesNamed([...kept, "old-1", "old-2", "old-3"]) });
        const guest = await opened(tree);
        const told: string[] = [];
        for (let offset = 0, round = 0; ; round++) {
          const { data } = await guest.rpc("Tread", { fid: 1, offset, count });
          if (data.length === 0) break;
          told.push(...decodeStats(data).map((record) => record.name));
          offset += data.length;
          for (const [makes, changed] of changes[round] ?? []) {
            if (makes) await create(guest, 20, { name: changed });
            else await guest.errno("Twalk", { fid: 0, newfid: 20, wname: [changed] });
            await guest.errno("Tremove", { fid: makes ? 99 : 20 });
            await guest.errno("Tclunk", { fid: 20 });
          }
        }
        for (const each of kept) expect(told.filter((one) => one === each)).toEqual([each]);
      },
    ),
    { numRuns: 60 },
  );
});

it("9P2000.u: readings of one directory at once wait for each other, and lose nothing", async () => {
  const gate = new Gate();
  const guest = await opened(heldTree(await memoryTree({ files: filesNamed(many) }), gate));
  gate.hold("readdir");
  const sent = [0, 0].map((offset) => guest.send("Tread", { fid: 1, offset, count: 500 }));
  await turns();
  expect(gate.waiting).toEqual(["readdir"]);
  gate.open();
  const replies = await Promise.all(sent.map(({ reply }) => reply));
  expect(replies.map((reply) => reply?.type)).toEqual(["Rread", "Rread"]);
  expect(replies[0]?.fields).toEqual(replies[1]?.fields);
  const names = (await recordsOf(guest, 1, 700)).map(({ name }) => name);
  expect(names.sort()).toEqual([...many].sort());
  await guest.session.close();
  expect(gate.references).toBe(0);
});

it("9P2000.u: entries that vanish while they are told are passed over, also all of a reading's", async () => {
  const gone = new Set(many.slice(10, 140));
  const tree = overrideNodes(await memoryTree({ files: filesNamed(many) }), (node) => ({
    lookup: (name: string) =>
      gone.has(name) ? Promise.reject(Object.assign(new Error(name), { code: "ENOENT" })) : node.lookup(name),
  }));
  const guest = await opened(tree);
  const names = (await recordsOf(guest, 1, 250)).map(({ name }) => name);
  expect(names.sort()).toEqual(many.filter((name) => !gone.has(name)).sort());
});

it("9P2000.u: an entry that may not be looked at has the type and qid that the directory knows", async () => {
  const tree = overrideNodes(await memoryTree({ files: { "dir/a": "", file: "" } }), () => ({
    lookup: () => Promise.reject(Object.assign(new Error("shut"), { code: "EACCES" })),
  }));
  const guest = await opened(tree);
  const records = await recordsOf(guest, 1);
  const shown = records.map(({ name, mode, qid }) => [name, mode, qid.type, qid.path > 0n]);
  expect(shown.sort()).toEqual([
    ["dir", DM.DIR, 0x80, true],
    ["file", 0, 0, true],
  ]);
});

it("9P2000.u: a mistake of a driver fails the reading, and the next one begins where it was", async () => {
  let fails = 0;
  const tree = overrideNodes(await memoryTree({ files: filesNamed(many) }), (node) => ({
    lookup: (name: string) => (fails-- === 1 ? Promise.reject(new Error("mistake")) : node.lookup(name)),
  }));
  const guest = await opened(tree);
  const { data } = await guest.rpc("Tread", { fid: 1, offset: 0, count: 300 });
  fails = 2;
  const offset = data.length;
  expect(await guest.errno("Tread", { fid: 1, offset, count: 300 })).toBe(ERRNO.EIO);
  const names: string[] = decodeStats(data).map(({ name }) => name);
  for (let at = offset; ; ) {
    const part = (await guest.rpc("Tread", { fid: 1, offset: at, count: 300 })).data;
    if (part.length === 0) break;
    names.push(...decodeStats(part).map(({ name }) => name));
    at += part.length;
  }
  expect(names.sort()).toEqual([...many].sort());
});

it("9P2000.u: a target that fills a message does not end the listing", async () => {
  const guest = await opened(await memoryTree({ files: filesNamed(["a", "z"]) }));
  const target = "t".repeat(4090);
  expect(await create(guest, 2, { name: "link", perm: DM.SYMLINK, extension: target })).toBe(0);
  const small = await recordsOf(guest, 1, 1000);
  expect(small.map(({ name, extension }) => [name, extension]).sort()).toEqual([
    ["a", "HARDLINKCOUNT 1"],
    ["link", ""],
    ["z", "HARDLINKCOUNT 1"],
  ]);
  const large = await recordsOf(guest, 1, 8000);
  expect(large.find(({ name }) => name === "link")?.extension).toBe(target);
});

it("9P2000.u: a saved session goes on in the middle of a directory", async () => {
  const tree = await memoryTree({ files: filesNamed(many) });
  const guest = await opened(tree);
  const { data } = await guest.rpc("Tread", { fid: 1, offset: 0, count: 1000 });
  const state = structuredClone(guest.session.save());
  expect(state.dialect).toBe("9P2000.u");
  const next = new Guest(await Session.restore(sessionOptions(tree), state));
  const names = decodeStats(data).map(({ name }) => name);
  for (let offset = data.length; ; ) {
    const part = (await next.rpc("Tread", { fid: 1, offset, count: 1000 })).data;
    if (part.length === 0) break;
    names.push(...decodeStats(part).map(({ name }) => name));
    offset += part.length;
  }
  expect(names.sort()).toEqual([...many].sort());
  expect(await next.errno("Tclunk", { fid: 77 })).toBe(ERRNO.EBADF);
});
