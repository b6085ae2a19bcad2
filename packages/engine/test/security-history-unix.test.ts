import { ERRNO } from "@ninefold/core/contracts";
import { decodeStats, encodeStat, type MessageInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { type Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { bytesOf, textOf } from "./support/text.ts";
import { create, DM, DONT_TOUCH, guestWith, recordsOf, statOf, unixGuest, wstat } from "./support/unix.ts";

/* What went wrong in other servers' 9P2000.u, as far as an engine alone can do better. */

it("CVE-2016-7116 in 9P2000.u: no name leads out, in no message", async () => {
  const guest = await guestWith({ file: "text", "dir/a": "" });
  await guest.walk(0, 9, "file");
  const before = (await recordsOfRoot(guest)).map(({ name }) => name);
  for (const name of ["../etc", "a/../../b", "/etc/passwd", "dir/new"]) {
    for (const perm of [0o644, DM.DIR, DM.SYMLINK, DM.NAMEDPIPE, DM.LINK]) {
      expect(await create(guest, 1, { name, perm, extension: "9" })).toBe(ERRNO.ENOENT);
    }
    expect(await wstat(guest, 9, { name })).toBe(ERRNO.ENOENT);
  }
  expect((await recordsOfRoot(guest)).map(({ name }) => name)).toEqual(before);
});

it("7f5445e7e4 and 08750e31fc: Twstat gives no name that is none, and goes on", async () => {
  const guest = await guestWith({ "dir/file": "text" });
  for (const names of [["dir", "file"], ["dir"]]) {
    await guest.walk(0, 1, ...names);
    expect(await wstat(guest, 1, { name: "a/b" })).toBe(ERRNO.ENOENT);
    expect(await wstat(guest, 1, { name: "/" })).toBe(ERRNO.ENOENT);
    expect(await wstat(guest, 1, { name: "nul\0" })).toBe(ERRNO.ENOENT);
    expect(await wstat(guest, 1, { name: "." })).toBe(ERRNO.EISDIR);
    expect(await wstat(guest, 1, { name: ".." })).toBe(ERRNO.EISDIR);
    expect(await wstat(guest, 1, { name: "é".repeat(128) })).toBe(ERRNO.ENAMETOOLONG);
    expect(await statOf(guest, 1)).toMatchObject({ name: names.at(-1)! });
    await guest.clunk(1);
  }
});

it("CVE-2018-19489 in 9P2000.u: renames by Twstat while others ask change no answer", async () => {
  const gate = new Gate();
  const tree = heldTree(await memoryTree({ files: { "a/file": "text" } }), gate);
  const guest = await unixGuest(tree);
  const other = await unixGuest(tree);
  await guest.walk(0, 1, "a");
  await guest.walk(0, 2, "a", "file");
  gate.hold("stat", "open");
  const asked = [
    other.send("Twalk", { fid: 0, newfid: 1, wname: ["a", "file"] }),
    guest.send("Tstat", { fid: 2 }),
    guest.send("Topen", { fid: 2, mode: 2 }),
  ];
  await turns();
  for (let round = 0; round < 20; round++) {
    expect(await wstat(guest, 1, { name: round % 2 === 0 ? "b" : "a" })).toBe(0);
  }
  gate.open();
  const [walked, told, opened] = await Promise.all(asked.map(({ reply }) => reply));
  expect([walked?.type, told?.type, opened?.type]).toEqual(["Rwalk", "Rstat", "Ropen"]);
  expect(textOf((await guest.rpc("Tread", { fid: 2, offset: 0, count: 9 })).data)).toBe("text");
});

it("CVE-2026-48004 in 9P2000.u: a directory is read while it and its parent get other names", async () => {
  const gate = new Gate();
  const names = Array.from({ length: 40 }, (_, i) => `entry-${i}`);
  const files = Object.fromEntries(names.map((name) => [`p/d/${name}`, ""]));
  const guest = await unixGuest(heldTree(await memoryTree({ files }), gate));
  await guest.walk(0, 1, "p", "d");
  await guest.walk(0, 2, "p");
  await guest.walk(0, 3, "p", "d");
  await guest.rpc("Topen", { fid: 1, mode: 0 });
  gate.hold("readdir", "lookup");
  const reading = guest.send("Tread", { fid: 1, offset: 0, count: 1000 });
  await turns();
  const moves = [wstat(guest, 2, { name: "q" }), wstat(guest, 3, { name: "e" })];
  await turns();
  gate.open();
  expect(await Promise.all(moves)).toEqual([0, 0]);
  const reply = await reading.reply;
  if (reply?.type !== "Rread") throw new Error(`answered by ${reply?.type}`);
  const found = decodeStats(reply.fields.data).map(({ name }) => name);
  for (let offset = reply.fields.data.length; ; ) {
    const { data } = await guest.rpc("Tread", { fid: 1, offset, count: 1000 });
    if (data.length === 0) break;
    found.push(...decodeStats(data).map(({ name }) => name));
    offset += data.length;
  }
  expect(found.sort()).toEqual(names.sort());
});

it("CVE-2026-63318 in 9P2000.u: OTRUNC truncates nothing on a tree that cannot be changed", async () => {
  const guest = await unixGuest(await memoryTree({ files: { file: "text" }, readonly: true }));
  await guest.walk(0, 1, "file");
  for (const mode of [0x10, 0x11, 0x12, 0x13, 0x50, 0x01, 0x02, 0x81, 0x40]) {
    expect(await guest.errno("Topen", { fid: 1, mode }), mode.toString(16)).toBe(ERRNO.EROFS);
  }
  expect((await statOf(guest, 1)).length).toBe(4n);
  await guest.rpc("Topen", { fid: 1, mode: 3 });
});

it("CVE-2026-9238 in 9P2000.u: a huge count and little room give what fits, whole", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `a-rather-long-name-${i}`);
  const guest = await guestWith(Object.fromEntries(names.map((name) => [name, ""])));
  for (const [room, pieces] of [
    [200, 1],
    [333, 5],
    [4096, 5],
  ] as const) {
    await guest.walk(0, 1);
    await guest.rpc("Topen", { fid: 1, mode: 0 });
    guest.pieces = pieces;
    const found: string[] = [];
    for (let offset = 0; ; ) {
      const { data } = await guest.rpc("Tread", { fid: 1, offset, count: 0xffff_ffff }, { room });
      expect(data.length).toBeLessThanOrEqual(room - 11);
      if (data.length === 0) break;
      found.push(...decodeStats(data).map(({ name }) => name));
      offset += data.length;
    }
    expect(found.sort()).toEqual([...names].sort());
    await guest.clunk(1);
  }
});

describe("042b4ebfd2 and 32cae47c33 in 9P2000.u: messages on fids of another kind", () => {
  const kinds = ["none", "object", "file", "directory", "special"] as const;

  async function fidOf(guest: Guest, kind: (typeof kinds)[number]): Promise<number> {
    if (kind === "none") return 50;
    if (kind === "special") {
      await create(guest, 1, { name: "fifo", perm: DM.NAMEDPIPE });
      return 1;
    }
    await guest.walk(0, 1, ...(kind === "directory" ? ["dir"] : ["file"]));
    if (kind !== "object") await guest.rpc("Topen", { fid: 1, mode: kind === "file" ? 2 : 0 });
    return 1;
  }

  it.each(kinds)("are refused on %s", async (kind) => {
    const guest = await guestWith({ file: "text", "dir/a": "" });
    const fid = await fidOf(guest, kind);
    const ask = (type: string, fields: object): Promise<number> =>
      guest.errno(type as "Tclunk", { fid, ...fields } as MessageInput<"Tclunk">);
    const hasObject = kind !== "none";
    const isOpen = kind === "file" || kind === "directory";
    const object = hasObject ? 0 : ERRNO.EBADF;
    expect(await ask("Tstat", {})).toBe(object);
    expect(await ask("Twstat", { stat: encodeStat(DONT_TOUCH) })).toBe(object);
    expect(await ask("Tstatfs", {})).toBe(object);
    expect(await ask("Tread", { offset: 0, count: 100 })).toBe(isOpen ? 0 : ERRNO.EBADF);
    expect(await ask("Twrite", { offset: 0, data: bytesOf("x") })).toBe(kind === "file" ? 0 : ERRNO.EBADF);
    const made = { name: "n", perm: 0o644, mode: 0, extension: "" };
    const create_ = { none: ERRNO.EBADF, directory: ERRNO.EINVAL }[kind as string] ?? ERRNO.ENOTDIR;
    expect(await ask("Tcreate", made)).toBe(create_);
    const open = { none: ERRNO.EBADF, object: 0, special: ERRNO.ENXIO }[kind as string] ?? ERRNO.EINVAL;
    expect(await ask("Topen", { mode: 0 })).toBe(open);
    expect(await ask("Twalk", { newfid: 60, wname: [] })).toBe(object);
  });

  it("messages of the other dialect are not known, in either", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1);
    await guest.rpc("Topen", { fid: 1, mode: 0 });
    expect(await guest.errno("Treaddir", { fid: 1, offset: 0, count: 100 })).toBe(ERRNO.EOPNOTSUPP);
    expect(await guest.errno("Tgetattr", { fid: 1, request_mask: 0 })).toBe(ERRNO.EOPNOTSUPP);
    expect(await guest.errno("Txattrwalk", { fid: 0, newfid: 2, name: "" })).toBe(ERRNO.EOPNOTSUPP);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "file", flags: 0 })).toBe(ERRNO.EOPNOTSUPP);
    guest.dialect = "9P2000.L";
    await guest.version();
    await guest.attach(0);
    expect(await guest.errno("Tstat", { fid: 0 })).toBe(ERRNO.EOPNOTSUPP);
    expect(await guest.errno("Topen", { fid: 0, mode: 0 })).toBe(ERRNO.EOPNOTSUPP);
  });
});

it("gitlab 3358 in 9P2000.u: 257 directories of 255 bytes each, one in the other", async () => {
  const guest = await guestWith({});
  const name = "d".repeat(255);
  await guest.walk(0, 1);
  for (let depth = 0; depth < 257; depth++) {
    await guest.walk(1, 2);
    await guest.rpc("Tcreate", { fid: 2, name, perm: (DM.DIR | 0o755) >>> 0, mode: 0, extension: "" });
    await guest.clunk(2);
    await guest.walk(1, 1, name);
  }
  expect((await statOf(guest, 1)).name).toBe(name);
  await guest.walk(1, 1, ...new Array<string>(16).fill(".."));
  expect((await guest.walk(1, 2, ...new Array<string>(16).fill(name))).wqid).toHaveLength(16);
});

async function recordsOfRoot(guest: Guest): ReturnType<typeof recordsOf> {
  await guest.walk(0, 80);
  await guest.rpc("Topen", { fid: 80, mode: 0 });
  const records = await recordsOf(guest, 80);
  await guest.clunk(80);
  return records;
}
