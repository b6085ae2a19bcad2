import { ERRNO, encodeDevice } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { Guest, sessionOptions, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { override, overrideNodes } from "./support/override.ts";
import { bytesOf, textOf } from "./support/text.ts";
import { create, DM, guestWith, statOf, unixGuest } from "./support/unix.ts";

describe("9P2000.u: Topen", () => {
  it("opens as mode says: reading, writing, both, executing", async () => {
    const guest = await guestWith({ file: "text" });
    const can = async (mode: number): Promise<[read: number, write: number]> => {
      await guest.walk(0, 1, "file");
      await guest.rpc("Topen", { fid: 1, mode });
      const read = await guest.errno("Tread", { fid: 1, offset: 0, count: 4 });
      const write = await guest.errno("Twrite", { fid: 1, offset: 0, data: bytesOf("t") });
      await guest.clunk(1);
      return [read, write];
    };
    expect(await can(0)).toEqual([0, ERRNO.EBADF]);
    expect(await can(1)).toEqual([ERRNO.EBADF, 0]);
    expect(await can(2)).toEqual([0, 0]);
    expect(await can(3)).toEqual([0, ERRNO.EBADF]);
    expect(await can(0x20 | 0x04)).toEqual([0, ERRNO.EBADF]);
  });

  it("truncates with 0x10 and appends with 0x80", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Topen", { fid: 1, mode: 0x81 });
    await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("!") });
    expect((await statOf(guest, 1)).length).toBe(5n);
    await guest.walk(0, 2, "file");
    await guest.rpc("Topen", { fid: 2, mode: 0x11 });
    expect((await statOf(guest, 1)).length).toBe(0n);
  });

  it("refuses what cannot be: unknown bits, open fids, directories for writing, special files", async () => {
    const guest = await guestWith({ file: "text", "dir/a": "" });
    await guest.walk(0, 1, "file");
    expect(await guest.errno("Topen", { fid: 1, mode: 0x08 })).toBe(ERRNO.EINVAL);
    await guest.rpc("Topen", { fid: 1, mode: 0 });
    expect(await guest.errno("Topen", { fid: 1, mode: 0 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Topen", { fid: 1, mode: 0x40 })).toBe(ERRNO.EINVAL);
    await guest.walk(0, 2, "dir");
    for (const mode of [1, 2, 0x10]) expect(await guest.errno("Topen", { fid: 2, mode })).toBe(ERRNO.EISDIR);
    for (const [name, perm, extension] of [
      ["fifo", DM.NAMEDPIPE, ""],
      ["sock", DM.SOCKET, ""],
      ["null", DM.DEVICE, "c 1 3"],
      ["disk", DM.DEVICE, "b 8 1"],
    ] as const) {
      expect(await create(guest, 3, { name, perm, extension })).toBe(0);
      expect(await guest.errno("Topen", { fid: 3, mode: 0 }), name).toBe(ERRNO.ENXIO);
      await guest.clunk(3);
    }
    expect(await guest.errno("Topen", { fid: 99, mode: 0 })).toBe(ERRNO.EBADF);
  });
});

describe("9P2000.u: ORCLOSE", () => {
  const there = async (guest: Guest, name: string): Promise<boolean> => {
    const errno = await guest.errno("Twalk", { fid: 0, newfid: 90, wname: [name] });
    if (errno === 0) await guest.clunk(90);
    return errno === 0;
  };

  it("removes the entry at Tclunk, and not before", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Topen", { fid: 1, mode: 0x40 });
    expect(await there(guest, "file")).toBe(true);
    await guest.clunk(1);
    expect(await there(guest, "file")).toBe(false);
    expect(await create(guest, 1, { name: "new", mode: 0x42 })).toBe(0);
    expect(await create(guest, 2, { name: "dir", perm: DM.DIR | 0o755, mode: 0x40 })).toBe(0);
    expect([await there(guest, "new"), await there(guest, "dir")]).toEqual([true, true]);
    await guest.clunk(1);
    await guest.clunk(2);
    expect([await there(guest, "new"), await there(guest, "dir")]).toEqual([false, false]);
  });

  it("leaves alone what is gone, or somebody else's by now", async () => {
    const tree = await memoryTree({ files: { a: "1", b: "2" } });
    const guest = await unixGuest(tree);
    const other = await unixGuest(tree);
    for (const [fid, name] of [
      [1, "a"],
      [2, "b"],
    ] as const) {
      await guest.walk(0, fid, name);
      await guest.rpc("Topen", { fid, mode: 0x40 });
      await other.walk(0, fid, name);
      await other.rpc("Tremove", { fid });
    }
    expect(await create(other, 1, { name: "a" })).toBe(0);
    await guest.clunk(1);
    await guest.clunk(2);
    expect(await there(other, "a")).toBe(true);
  });

  it("removes once at Tremove, and also when the conversation or the device ends", async () => {
    for (const end of ["remove", "version", "reset", "close"] as const) {
      const tree = await memoryTree({ files: { file: "text" } });
      const guest = await unixGuest(tree);
      await guest.walk(0, 1, "file");
      await guest.rpc("Topen", { fid: 1, mode: 0x40 });
      if (end === "remove") await guest.rpc("Tremove", { fid: 1 });
      else if (end === "version") await guest.version();
      else await guest.session[end]();
      expect(await there(await unixGuest(tree), "file"), end).toBe(false);
    }
  });

  it("is for whoever goes on with a saved session, not for the one that was saved", async () => {
    const tree = await memoryTree({ files: { file: "text" } });
    const guest = await unixGuest(tree, { id: "one" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Topen", { fid: 1, mode: 0x40 });
    const state = guest.session.save();
    await guest.session.close();
    const next = new Guest(await Session.restore(sessionOptions(tree, { id: "one" }), state));
    expect(await there(next, "file")).toBe(true);
    await next.clunk(1);
    expect(await there(next, "file")).toBe(false);
  });

  it("is refused on a root and where nothing can be changed", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 1);
    expect(await guest.errno("Topen", { fid: 1, mode: 0x40 })).toBe(ERRNO.EBUSY);
    const fixed = await unixGuest(await memoryTree({ files: { file: "text" }, readonly: true }));
    await fixed.walk(0, 1, "file");
    expect(await fixed.errno("Topen", { fid: 1, mode: 0x40 })).toBe(ERRNO.EROFS);
    await fixed.clunk(1);
    expect(await there(fixed, "file")).toBe(true);
  });

  it("marks no fid whose opening failed", async () => {
    const tree = overrideNodes(await memoryTree({ files: { file: "text" } }), () => ({
      tryOpen: undefined,
      open: () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" })),
    }));
    const guest = await unixGuest(tree);
    await guest.walk(0, 1, "file");
    expect(await guest.errno("Topen", { fid: 1, mode: 0x40 })).toBe(ERRNO.EACCES);
    await guest.clunk(1);
    expect(await there(guest, "file")).toBe(true);
  });
});

describe("9P2000.u: Tcreate", () => {
  it("makes a file that its fid stands for, open", async () => {
    const guest = await guestWith({});
    expect(await create(guest, 1, { name: "f", perm: DM.SETUID | 0o751, mode: 2 })).toBe(0);
    await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("data") });
    expect(textOf((await guest.rpc("Tread", { fid: 1, offset: 0, count: 9 })).data)).toBe("data");
    expect(await statOf(guest, 1)).toMatchObject({
      name: "f",
      mode: DM.SETUID | 0o751,
      uid: "1000",
      length: 4n,
    });
  });

  it("never opens what is there: two that want to be first are told apart", async () => {
    const guest = await guestWith({ file: "text" });
    for (const mode of [0, 1, 2, 0x11]) {
      expect(await create(guest, 1, { name: "file", mode })).toBe(ERRNO.EEXIST);
    }
    await guest.walk(0, 1, "file");
    expect((await statOf(guest, 1)).length).toBe(4n);
  });

  it("makes all kinds of objects, whose records say what they are", async () => {
    const tree = await memoryTree();
    const guest = await unixGuest(tree);
    const kinds = [
      [{ name: "dir", perm: (DM.DIR | DM.SETVTX | 0o755) >>> 0 }, { extension: "HARDLINKCOUNT 2" }],
      [{ name: "link", perm: DM.SYMLINK, extension: "some/where" }, { mode: DM.SYMLINK | 0o777 }],
      [{ name: "c", perm: DM.DEVICE | 0o600, extension: "c 1 3" }, {}],
      [{ name: "b", perm: DM.DEVICE | 0o600, extension: "b 259 66000" }, {}],
      [{ name: "fifo", perm: DM.NAMEDPIPE | 0o640 }, { extension: "" }],
      [{ name: "sock", perm: DM.SOCKET | 0o640 }, { extension: "" }],
    ] as const;
    for (const [made, expected] of kinds) {
      expect(await create(guest, 1, made), made.name).toBe(0);
      const { perm: mode, ...rest } = made;
      expect(await statOf(guest, 1), made.name).toMatchObject({ mode, ...rest, ...expected });
      await guest.clunk(1);
    }
    // What .u says of a device is what .L says.
    const other = await Guest.attached(tree);
    await other.walk(0, 1, "b");
    const { rdev } = await other.rpc("Tgetattr", { fid: 1, request_mask: 0 });
    expect(rdev).toBe(BigInt(encodeDevice(259, 66000)));
  });

  it("gives a file another name with DMLINK, by the number of its fid", async () => {
    const guest = await guestWith({ file: "text" });
    await guest.walk(0, 9, "file");
    for (const [name, extension] of [
      ["one", "9"],
      ["two", "9\n"],
    ] as const) {
      expect(await create(guest, 1, { name, perm: DM.LINK, extension })).toBe(0);
      expect((await statOf(guest, 1)).qid).toEqual((await statOf(guest, 9)).qid);
      await guest.clunk(1);
    }
    expect((await statOf(guest, 9)).extension).toBe("HARDLINKCOUNT 3");
    for (const extension of ["", "x", "-1", "9 9", "99999999999", "9\n\n", " 9"]) {
      expect(await create(guest, 1, { name: "no", perm: DM.LINK, extension }), extension).toBe(ERRNO.EINVAL);
    }
    expect(await create(guest, 1, { name: "no", perm: DM.LINK, extension: "77" })).toBe(ERRNO.EBADF);
    expect(await create(guest, 1, { name: "no", perm: DM.LINK, extension: "0" })).toBe(ERRNO.EPERM);
    expect(await create(guest, 1, { name: "one", perm: DM.LINK, extension: "9" })).toBe(ERRNO.EEXIST);
  });

  it("refuses perms and extensions that describe nothing", async () => {
    const guest = await guestWith({});
    const strange = [DM.APPEND, DM.EXCL, 0x1000_0000, 0x0800_0000, 0x0040_0000, 0x0002_0000, 0o1000];
    for (const bits of strange) {
      expect(await create(guest, 1, { name: "no", perm: (bits | 0o644) >>> 0 })).toBe(ERRNO.EINVAL);
    }
    const two = (DM.DIR | DM.SYMLINK) >>> 0;
    expect(await create(guest, 1, { name: "no", perm: two, extension: "x" })).toBe(ERRNO.EINVAL);
    for (const extension of [
      "",
      "c",
      "c 1",
      "x 1 3",
      "c 1 3 4",
      "c -1 3",
      "c 4096 0",
      "b 0 1048576",
      "c 1 0x3",
    ]) {
      expect(await create(guest, 1, { name: "no", perm: DM.DEVICE, extension }), extension).toBe(
        ERRNO.EINVAL,
      );
    }
    expect(await create(guest, 1, { name: "no", perm: DM.SYMLINK })).toBe(ERRNO.ENOENT);
    expect(await create(guest, 1, { name: "no", perm: DM.SYMLINK, extension: "a\0b" })).toBe(ERRNO.ENOENT);
    expect(await create(guest, 1, { name: "no", perm: DM.DIR, mode: 1 })).toBe(ERRNO.EISDIR);
    expect(await create(guest, 1, { name: "tmp", perm: DM.TMP | 0o644 })).toBe(0);
    expect(await guest.errno("Tcreate", { fid: 1, name: "x", perm: 0, mode: 0, extension: "" })).toBe(
      ERRNO.ENOTDIR,
    );
    expect(await guest.errno("Twalk", { fid: 0, newfid: 5, wname: ["no"] })).toBe(ERRNO.ENOENT);
  });

  it("refuses everything where nothing can be changed", async () => {
    const guest = await unixGuest(await memoryTree({ files: { file: "text" }, readonly: true }));
    await guest.walk(0, 9, "file");
    for (const perm of [0, DM.DIR, DM.SYMLINK, DM.LINK, DM.NAMEDPIPE]) {
      expect(await create(guest, 1, { name: "n", perm, extension: "9" })).toBe(ERRNO.EROFS);
    }
  });

  it("makes a directory whose own mode keeps it shut, and leaves the fid unopened", async () => {
    const tree = overrideNodes(await memoryTree(), (node) => ({
      mkdir: async (...values: Parameters<typeof node.mkdir>) =>
        override(await node.mkdir(...values), {
          open: () => Promise.reject(Object.assign(new Error("shut"), { code: "EACCES" })),
        }),
    }));
    const guest = await unixGuest(tree);
    expect(await create(guest, 1, { name: "shut", perm: DM.DIR })).toBe(0);
    expect(await guest.errno("Tread", { fid: 1, offset: 0, count: 100 })).toBe(ERRNO.EBADF);
  });

  it("gives back what it made when its fid is clunked meanwhile", async () => {
    for (const perm of [0, DM.DIR, DM.SYMLINK]) {
      const gate = new Gate();
      const guest = await unixGuest(heldTree(await memoryTree(), gate));
      await guest.walk(0, 1);
      gate.hold("stat");
      const made = guest.send("Tcreate", { fid: 1, name: "n", perm, mode: 0, extension: "x" });
      await turns();
      const clunk = guest.send("Tclunk", { fid: 1 });
      await turns();
      gate.open();
      expect(await made.reply).toMatchObject({ type: "Rerror", fields: { errno: ERRNO.EBADF } });
      expect((await clunk.reply)?.type).toBe("Rclunk");
      await guest.session.close();
      expect(gate.references).toBe(0);
    }
  });

  it("checks names as everywhere", async () => {
    const guest = await guestWith({});
    for (const perm of [0, DM.DIR, DM.SYMLINK, DM.NAMEDPIPE]) {
      for (const [name, errno] of [
        ["", ERRNO.ENOENT],
        ["a/b", ERRNO.ENOENT],
        ["nul\0", ERRNO.ENOENT],
        [".", ERRNO.EEXIST],
        ["..", ERRNO.EEXIST],
        ["x".repeat(256), ERRNO.ENAMETOOLONG],
      ] as const) {
        expect(await create(guest, 1, { name, perm, extension: "t" }), name).toBe(errno);
      }
    }
  });
});
