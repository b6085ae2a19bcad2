import { ERRNO } from "@ninefold/core/contracts";
import { type DirectoryEntry, decodeDirectory } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { override, overrideFiles } from "./support/override.ts";

const names = Array.from({ length: 300 }, (_, i) => `entry-${i}-${"é".repeat(i % 40)}`);
const files = Object.fromEntries(names.map((name) => [name, ""]));

async function opened(guest: Guest, fid: number, ...path: string[]): Promise<void> {
  await guest.walk(0, fid, ...path);
  await guest.rpc("Tlopen", { fid, flags: 0 });
}

async function list(guest: Guest, fid: number, count: number): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  for (let offset = 0n; ; ) {
    const { data } = await guest.rpc("Treaddir", { fid, offset, count });
    expect(data.length).toBeLessThanOrEqual(count);
    const some = decodeDirectory(data);
    if (some.length === 0) return entries;
    entries.push(...some);
    offset = entries.at(-1)?.offset ?? 0n;
  }
}

describe.each(["at once", "later"])("a tree that answers %s", (when) => {
  async function attached(): Promise<Guest> {
    const tree = await memoryTree({ files: { ...files, "sub/file": "" } });
    return Guest.attached(when === "later" ? heldTree(tree, new Gate()) : tree);
  }

  it.each([150, 512, 4000, 65000])("gives each entry once, in replies of %i bytes", async (count) => {
    const guest = await attached();
    await opened(guest, 1);
    const entries = (await list(guest, 1, count)).filter(({ name }) => name !== "." && name !== "..");
    expect(entries.map(({ name }) => name).sort()).toEqual([...names, "sub"].sort());
    const sub = entries.find(({ name }) => name === "sub");
    expect(sub).toMatchObject({ type: 4, qid: { type: 0x80, version: 0 } });
  });

  it("goes on from any earlier offset, and from the start", async () => {
    const guest = await attached();
    await opened(guest, 1);
    const entries = await list(guest, 1, 65000);
    const { offset } = entries[100]!;
    const rest = decodeDirectory((await guest.rpc("Treaddir", { fid: 1, offset, count: 65000 })).data);
    expect(rest.map(({ name }) => name)).toEqual(entries.slice(101).map(({ name }) => name));
    expect(await list(guest, 1, 65000)).toEqual(entries);
  });

  it("cuts to the room there is, and fails when not one entry fits", async () => {
    const guest = await attached();
    await opened(guest, 1);
    const everything = { fid: 1, offset: 0, count: 0xffff_ffff };
    const { data } = await guest.rpc("Treaddir", everything, { room: 211 });
    expect(data.length).toBeLessThanOrEqual(200);
    expect(decodeDirectory(data).length).toBeGreaterThan(0);
    expect(await guest.errno("Treaddir", { ...everything, count: 20 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Treaddir", everything, { room: 31 })).toBe(ERRNO.EINVAL);
  });
});

it("asks a directory for one reading at a time", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files: { a: "", b: "" } }), gate));
  await opened(guest, 1);
  gate.hold("readdir");
  const sent = [0, 1, 2].map(() => guest.send("Treaddir", { fid: 1, offset: 0, count: 4000 }));
  await turns();
  for (const each of sent) {
    expect(gate.waiting).toEqual(["readdir"]);
    gate.letOne();
    await each.reply;
    await turns();
  }
});

it("carries 64-bit inode numbers and offsets, and names that are not UTF-8", async () => {
  const tree = await memoryTree();
  const name = new Uint8Array([0x61, 0xff]);
  const strange = overrideFiles(tree, () => ({
    tryReaddir: (low: number, high: number, sink: { addBytes(...of: unknown[]): boolean }) => {
      if (low === 0xffff_fffe && high === 0x7fff_ffff) return 0;
      sink.addBytes(name, 0, 2, 10, 0x8000_0001, 0xffff_ffff, 0xffff_fffe, 0x7fff_ffff);
      return 0;
    },
  }));
  const guest = await Guest.attached(strange);
  await opened(guest, 1);
  const entries = await list(guest, 1, 4000);
  expect(entries).toEqual([
    {
      qid: { type: 2, version: 0, path: 0xffff_ffff_8000_0001n },
      offset: 0x7fff_ffff_ffff_fffen,
      type: 10,
      name: "a\udcff",
    },
  ]);
});

it("tells a driver's error, also of one that closes badly", async () => {
  const tree = overrideFiles(await memoryTree({ files: { file: "" } }), () => ({
    tryReaddir: () => -ERRNO.ESTALE,
    tryClose: () => -ERRNO.EDQUOT,
  }));
  const guest = await Guest.attached(override(tree, {}));
  await opened(guest, 1);
  expect(await guest.errno("Treaddir", { fid: 1, offset: 0, count: 100 })).toBe(ERRNO.ESTALE);
  expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EDQUOT);
  expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EBADF);
});
