import { ERRNO, type FsFile } from "@ninefold/core/contracts";
import { encodeMessage, encodeStat, type StatInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { override, overrideNodes } from "./support/override.ts";
import { bytesOf, textOf } from "./support/text.ts";
import { create, DM, DONT_TOUCH, guestWith, statOf, unixGuest, wstat } from "./support/unix.ts";

describe("9P2000.u: Tstat", () => {
  it("tells of a file what 9P2000.L tells of it", async () => {
    const tree = await memoryTree({ files: { "dir/file": "text" } });
    const guest = await unixGuest(tree);
    const other = await Guest.attached(tree);
    await guest.walk(0, 1, "dir", "file");
    await other.walk(0, 1, "dir", "file");
    const { qid, mode, uid, gid, atime_sec, mtime_sec, size } = await other.rpc("Tgetattr", {
      fid: 1,
      request_mask: 0x3fff,
    });
    expect(await statOf(guest, 1)).toEqual({
      ...{ type: 0, dev: 0, qid, mode: mode & 0o777, length: size, name: "file" },
      ...{ atime: Number(atime_sec), mtime: Number(mtime_sec), extension: "HARDLINKCOUNT 1" },
      ...{ uid: `${uid}`, gid: `${gid}`, muid: "", n_uid: uid, n_gid: gid, n_muid: 0xffff_ffff },
    });
    const root = await statOf(guest, 0);
    expect(root).toMatchObject({ name: "/", mode: (DM.DIR | 0o755) >>> 0, qid: { type: 0x80 } });
  });

  it("says in its count how long the record is, its own size included", async () => {
    const guest = await guestWith({ file: "text" });
    const { stat } = await guest.rpc("Tstat", { fid: 0 });
    expect(new DataView(stat.buffer, stat.byteOffset).getUint16(0, true) + 2).toBe(stat.length);
  });

  it("keeps times within their 32 bits, away from all ones", async () => {
    const tree = await memoryTree({ files: { file: "" } });
    const guest = await unixGuest(tree);
    const other = await Guest.attached(tree);
    await guest.walk(0, 1, "file");
    for (const [seconds, told] of [
      [-5, 0],
      [2 ** 32 - 1, 2 ** 32 - 2],
      [2 ** 40, 2 ** 32 - 2],
      [2 ** 31, 2 ** 31],
    ] as const) {
      await other.walk(0, 1, "file");
      const times = { atime_sec: seconds, atime_nsec: 0, mtime_sec: seconds, mtime_nsec: 999_999_999 };
      await other.rpc("Tsetattr", { fid: 1, valid: 0x1b0, mode: 0, uid: 0, gid: 0, size: 0, ...times });
      await other.clunk(1);
      expect(await statOf(guest, 1)).toMatchObject({ atime: told, mtime: told });
    }
  });

  it("gives a link's target whole, or nothing", async () => {
    const guest = await guestWith({});
    const target = "t".repeat(4000);
    expect(await create(guest, 1, { name: "link", perm: DM.SYMLINK, extension: target })).toBe(0);
    expect((await statOf(guest, 1)).extension).toBe(target);
    expect(await guest.errno("Tstat", { fid: 1 }, { room: 4000 })).toBe(ERRNO.EMSGSIZE);
    expect(await guest.errno("Tstat", { fid: 99 })).toBe(ERRNO.EBADF);
  });

  it("keeps names that are no UTF-8", async () => {
    const guest = await guestWith({});
    const name = "latin-\udce9";
    expect(await create(guest, 1, { name, perm: DM.SYMLINK, extension: "\udcff" })).toBe(0);
    expect(await statOf(guest, 1)).toMatchObject({ name, extension: "\udcff" });
  });
});

describe("9P2000.u: Twstat", () => {
  it("changes permissions, owners, times and length, each for itself", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    const before = await statOf(guest, 1);
    for (const change of [
      { n_uid: 7 },
      { n_gid: 8 },
      { atime: 1_000_000_000 },
      { mtime: 4_000_000_000 },
      { length: 2n },
      // Last, for a change of the owner takes the set-id bits away.
      { mode: DM.SETUID | DM.SETGID | DM.SETVTX | 0o751 },
    ]) {
      const rest = await statOf(guest, 1);
      expect(await wstat(guest, 1, change)).toBe(0);
      const { qid, mtime, uid, gid, ...expected } = { ...rest, ...change };
      const after = await statOf(guest, 1);
      expect(after).toMatchObject(expected);
      if (!("length" in change)) expect(after.mtime).toBe(mtime);
      expect([qid.path, uid, gid]).toBeDefined();
    }
    expect(await statOf(guest, 1)).toMatchObject({ uid: "7", gid: "8", name: before.name });
    expect(await wstat(guest, 1, { n_uid: 1, n_gid: 2, mode: 0o600, mtime: 5, length: 9 })).toBe(0);
    expect(await statOf(guest, 1)).toMatchObject({ n_uid: 1, n_gid: 2, mode: 0o600, mtime: 5, length: 9n });
  });

  it("takes owners as numbers, also in text, and no other names", async () => {
    const guest = await guestWith({ file: "" });
    await guest.walk(0, 1, "file");
    expect(await wstat(guest, 1, { uid: "12", gid: "34" })).toBe(0);
    expect(await statOf(guest, 1)).toMatchObject({ n_uid: 12, n_gid: 34 });
    expect(await wstat(guest, 1, { uid: "99", n_uid: 13 })).toBe(0);
    expect(await statOf(guest, 1)).toMatchObject({ n_uid: 13 });
    for (const name of ["root", "-1", "4294967295", "99999999999", "1 ", "0x1", "1\0"]) {
      expect(await wstat(guest, 1, { uid: name }), name).toBe(ERRNO.EINVAL);
      expect(await wstat(guest, 1, { gid: name }), name).toBe(ERRNO.EINVAL);
    }
    expect(await wstat(guest, 1, { muid: "nobody", n_muid: 5 })).toBe(0);
    expect(await statOf(guest, 1)).toMatchObject({ n_uid: 13, n_gid: 34, muid: "" });
  });

  it("renames within the directory, replacing what is there", async () => {
    const guest = await guestWith({ "dir/a": "1", "dir/b": "2", "dir/sub/c": "3" });
    await guest.walk(0, 1, "dir", "a");
    expect(await wstat(guest, 1, { name: "b" })).toBe(0);
    expect((await statOf(guest, 1)).name).toBe("b");
    expect(await guest.errno("Twalk", { fid: 0, newfid: 2, wname: ["dir"] })).toBe(0);
    expect(await guest.errno("Twalk", { fid: 2, newfid: 3, wname: ["a"] })).toBe(ERRNO.ENOENT);
    await guest.walk(2, 3, "b");
    await guest.rpc("Topen", { fid: 3, mode: 0 });
    expect(textOf((await guest.rpc("Tread", { fid: 3, offset: 0, count: 9 })).data)).toBe("1");
    expect(await wstat(guest, 3, { name: "b" })).toBe(0);
    expect(await wstat(guest, 3, { name: "sub" })).toBe(ERRNO.EISDIR);
    expect(await wstat(guest, 3, { name: "open", mode: 0o600 })).toBe(0);
    expect(await statOf(guest, 3)).toMatchObject({ name: "open", mode: 0o600 });
    await guest.walk(2, 4, "sub");
    await guest.rpc("Topen", { fid: 4, mode: 0 });
    expect(await wstat(guest, 4, { name: "moved" })).toBe(0);
    await guest.walk(2, 5, "moved", "c");
    expect(await wstat(guest, 0, { name: "x" })).toBe(ERRNO.EBUSY);
  });

  it("is fsync when it says nothing, and is answered in 7 bytes", async () => {
    const synced: boolean[] = [];
    const tree = overrideNodes(await memoryTree({ files: { file: "" } }), (node) => ({
      tryOpen: undefined,
      open: async (flags: number) =>
        override(await node.open(flags), {
          fsync: async (dataOnly: boolean): Promise<void> => void synced.push(dataOnly),
        } satisfies Partial<FsFile>),
    }));
    const guest = await unixGuest(tree);
    await guest.walk(0, 1, "file");
    expect(await wstat(guest, 1, {})).toBe(0);
    expect(synced).toEqual([]);
    await guest.rpc("Topen", { fid: 1, mode: 2 });
    const sent = guest.send("Twstat", { fid: 1, stat: encodeStat(DONT_TOUCH) }, { room: 13 });
    expect(await sent.reply).toEqual({ type: "Rwstat", tag: sent.tag, fields: {} });
    expect(synced).toEqual([false]);
    await guest.walk(0, 2);
    await guest.rpc("Topen", { fid: 2, mode: 0 });
    expect(await wstat(guest, 2, {})).toBe(0);
  });

  it("tells an error of fsync", async () => {
    const tree = overrideNodes(await memoryTree({ files: { file: "" } }), (node) => ({
      tryOpen: undefined,
      open: async (flags: number) =>
        override(await node.open(flags), {
          fsync: () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
        }),
    }));
    const guest = await unixGuest(tree);
    await guest.walk(0, 1, "file");
    await guest.rpc("Topen", { fid: 1, mode: 1 });
    expect(await wstat(guest, 1, {})).toBe(ERRNO.ENOSPC);
  });

  it("refuses what nobody can change, and takes it when it is what Tstat told", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    const told = await statOf(guest, 1);
    expect(await wstat(guest, 1, { ...told, name: "" })).toBe(0);
    expect(await wstat(guest, 1, { ...told, n_gid: 5 })).toBe(0);
    expect((await statOf(guest, 1)).n_gid).toBe(5);
    for (const kind of [DM.DIR, DM.SYMLINK, DM.DEVICE, DM.NAMEDPIPE, DM.SOCKET, DM.LINK]) {
      expect(await wstat(guest, 1, { mode: (kind | 0o600) >>> 0 })).toBe(ERRNO.EINVAL);
    }
    expect(await wstat(guest, 0, { mode: 0o600 })).toBe(ERRNO.EINVAL);
    for (const mode of [DM.APPEND, DM.EXCL, 0o1000, 0x0040_0000]) {
      expect(await wstat(guest, 1, { mode })).toBe(ERRNO.EINVAL);
    }
    expect(await wstat(guest, 1, { type: 1 })).toBe(ERRNO.EPERM);
    expect(await wstat(guest, 1, { dev: 1 })).toBe(ERRNO.EPERM);
    expect(await wstat(guest, 1, { qid: { ...told.qid, path: told.qid.path + 1n } })).toBe(ERRNO.EPERM);
    expect(await wstat(guest, 1, { extension: "HARDLINKCOUNT 9" })).toBe(ERRNO.EPERM);
    expect(await wstat(guest, 1, { length: 2n ** 63n })).toBe(ERRNO.EFBIG);
    expect(await wstat(guest, 0, { length: 0n })).toBe(ERRNO.EISDIR);
    expect(await wstat(guest, 1, { mode: 0o600, name: "a/b" })).toBe(ERRNO.ENOENT);
    expect((await statOf(guest, 1)).mode).toBe(told.mode);
    expect(await wstat(guest, 99, {})).toBe(ERRNO.EBADF);
  });

  it("changes nothing on a tree that cannot be changed, but says yes to fsync", async () => {
    const guest = await unixGuest(await memoryTree({ files: { file: "text" }, readonly: true }));
    await guest.walk(0, 1, "file");
    expect(await wstat(guest, 1, {})).toBe(0);
    for (const change of [{ name: "x" }, { mode: 0o600 }, { length: 0n }, { mtime: 1 }, { n_uid: 1 }]) {
      expect(await wstat(guest, 1, change)).toBe(ERRNO.EROFS);
    }
  });

  it("shortens a file through a fid that may write, whatever the mode says by then", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Topen", { fid: 1, mode: 1 });
    expect(await wstat(guest, 1, { mode: 0 })).toBe(0);
    expect(await wstat(guest, 1, { length: 1n })).toBe(0);
    await guest.rpc("Twrite", { fid: 1, offset: 1, data: bytesOf("!") });
    expect((await statOf(guest, 1)).length).toBe(2n);
  });

  it("refuses a record whose sizes are not its own", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    const record = encodeStat({ ...DONT_TOUCH, mode: 0o600 });
    for (const [at, by] of [
      [0, 1],
      [0, -1],
      [0, 0x7000],
    ] as const) {
      const damaged = record.slice();
      const view = new DataView(damaged.buffer);
      view.setUint16(at, view.getUint16(at, true) + by, true);
      expect(await guest.errno("Twstat", { fid: 1, stat: damaged })).toBe(ERRNO.EPROTO);
    }
    for (let length = 0; length < record.length; length++) {
      expect(await guest.errno("Twstat", { fid: 1, stat: record.slice(0, length) })).toBe(ERRNO.EPROTO);
    }
    const message = encodeMessage("Twstat", 77, { fid: 1, stat: record });
    for (const by of [-1, 1, -record.length, 0x7000]) {
      const damaged = message.slice();
      const view = new DataView(damaged.buffer);
      view.setUint16(11, view.getUint16(11, true) + by, true);
      expect(await guest.sendBytes(damaged, 8192).reply).toMatchObject({ fields: { errno: ERRNO.EPROTO } });
    }
    const longer = new Uint8Array([...record, 0]);
    expect(await guest.errno("Twstat", { fid: 1, stat: longer })).toBe(ERRNO.EPROTO);
    expect((await statOf(guest, 1)).mode).not.toBe(0o600);
  });
});

it("9P2000.u: what Tstat tells can be written back, and changes nothing", async () => {
  const permissions = fc.nat(0o777);
  const bits = fc.subarray([DM.SETUID, DM.SETGID, DM.SETVTX]);
  const change: fc.Arbitrary<Partial<StatInput>> = fc.record(
    {
      mode: fc.tuple(permissions, bits).map(([low, high]) => high.reduce((sum, bit) => sum | bit, low)),
      n_uid: fc.nat(0xffff_fffe),
      n_gid: fc.nat(0xffff_fffe),
      atime: fc.nat(0xffff_fffe),
      mtime: fc.nat(0xffff_fffe),
      length: fc.nat(5000),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const guest = await guestWith({ file: "text" });
  await guest.walk(0, 1, "file");
  await fc.assert(
    fc.asyncProperty(change, async (changes) => {
      expect(await wstat(guest, 1, changes)).toBe(0);
      const told = await statOf(guest, 1);
      const { length, ...rest } = changes;
      const expected = length === undefined ? rest : { ...rest, length: BigInt(length as number) };
      expect(told).toMatchObject(
        changes.length !== undefined ? { ...expected, mtime: told.mtime } : expected,
      );
      const { qid, ...same } = told;
      expect(await wstat(guest, 1, told)).toBe(0);
      expect(await statOf(guest, 1)).toMatchObject(same);
      expect((await statOf(guest, 1)).qid.path).toBe(qid.path);
    }),
    { numRuns: 200 },
  );
});
