import { ERRNO } from "@ninefold/core/contracts";
import type { MessageInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { bytesOf } from "./support/text.ts";

/* What went wrong in other servers, as far as an engine alone can do better. */

async function attached(files: Record<string, string> = { file: "text", "dir/file": "x" }): Promise<Guest> {
  return Guest.attached(await memoryTree({ files }));
}

it("CVE-2016-7116: no name leads out, in no message", async () => {
  const guest = await attached();
  const root = (await guest.rpc("Tgetattr", { fid: 0, request_mask: 0 })).qid;
  expect((await guest.walk(0, 1, "..", "..")).wqid).toEqual([root, root]);
  for (const name of ["../etc", "a/../../b", "/etc/passwd"]) {
    expect(await guest.errno("Twalk", { fid: 0, newfid: 2, wname: [name] })).toBe(ERRNO.ENOENT);
    expect(await guest.errno("Tmkdir", { dfid: 0, name, mode: 0, gid: 0 })).toBe(ERRNO.ENOENT);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name, flags: 0 })).toBe(ERRNO.ENOENT);
    const rename = { olddirfid: 0, oldname: "file", newdirfid: 0, newname: name };
    expect(await guest.errno("Trenameat", rename)).toBe(ERRNO.ENOENT);
  }
  expect(await guest.errno("Trenameat", { olddirfid: 0, oldname: "..", newdirfid: 0, newname: "x" })).toBe(
    ERRNO.EISDIR,
  );
});

describe("CVE-2016-8577 to -9106: attribute values", () => {
  it("hold no memory but what was written", async () => {
    const guest = await attached();
    for (let i = 0; i < 50; i++) {
      await guest.walk(0, 1, "file");
      await guest.rpc("Txattrcreate", { fid: 1, name: "user.a", attr_size: 65536, flags: 0 });
      expect(await guest.errno("Tread", { fid: 1, offset: 0, count: 100 })).toBe(ERRNO.EBADF);
      expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EINVAL);
    }
    expect((await guest.rpc("Txattrwalk", { fid: 0, newfid: 2, name: "" })).size).toBe(0n);
  });

  it("bear offsets and counts whose sum overflows", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "file");
    await guest.rpc("Txattrcreate", { fid: 1, name: "user.a", attr_size: 8, flags: 0 });
    for (const offset of [2n ** 64n - 1n, 2n ** 63n, 2n ** 32n - 4n, 2n ** 53n]) {
      expect(await guest.errno("Twrite", { fid: 1, offset, data: bytesOf("12345678") })).toBe(ERRNO.EINVAL);
    }
    await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("12345678") });
    await guest.clunk(1);
    await guest.walk(0, 1, "file");
    await guest.rpc("Txattrwalk", { fid: 1, newfid: 2, name: "user.a" });
    for (const offset of [2n ** 64n - 1n, 2n ** 63n, 9n]) {
      expect((await guest.rpc("Tread", { fid: 2, offset, count: 0xffff_ffff })).data).toHaveLength(0);
    }
  });
});

it("2017, 18adde86dd and 0d78289c3d: double flushes leave nothing, the 129th request is served", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree(), gate));
  gate.hold("statfs");
  const sent = Array.from({ length: 129 }, () => guest.send("Tstatfs", { fid: 0 }));
  const flushes = sent.flatMap(({ tag }) => [0, 1].map(() => guest.send("Tflush", { oldtag: tag })));
  await turns();
  expect(gate.waiting).toHaveLength(129);
  gate.open();
  const replies = await Promise.all([...sent, ...flushes].map(({ reply }) => reply));
  expect(new Set(replies.map((reply) => reply?.type))).toEqual(new Set(["Rstatfs", "Rflush"]));
  await guest.session.settled();
});

it("CVE-2018-19364 and -19489: fids hold objects, so a rename between two steps of a request changes nothing", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files: { "a/file": "text" } }), gate));
  await guest.walk(0, 1, "a", "file");
  gate.hold("open", "stat");
  const open = guest.send("Tlopen", { fid: 1, flags: 0 });
  await turns();
  await guest.rpc("Trenameat", { olddirfid: 0, oldname: "a", newdirfid: 0, newname: "b" });
  gate.open();
  expect((await open.reply)?.type).toBe("Rlopen");
  expect((await guest.rpc("Tread", { fid: 1, offset: 0, count: 9 })).data).toHaveLength(4);
});

it("CVE-2021-20181: many open files, unlinked and clunked in any order", async () => {
  const gate = new Gate();
  const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
  const tree = await memoryTree({ files: Object.fromEntries(names.map((name) => [name, name])) });
  const guest = await Guest.attached(heldTree(tree, gate));
  for (const [i, name] of names.entries()) {
    await guest.walk(0, i + 1, name);
    await guest.rpc("Tlopen", { fid: i + 1, flags: 2 });
  }
  const work = names.flatMap((name, i) => [
    guest.send("Tunlinkat", { dirfd: 0, name, flags: 0 }),
    guest.send("Tread", { fid: i + 1, offset: 0, count: 9 }),
    guest.send("Tclunk", { fid: ((i * 7) % 60) + 1 }),
  ]);
  for (const reply of await Promise.all(work.map(({ reply }) => reply))) {
    expect(["Runlinkat", "Rread", "Rclunk", "Rlerror"]).toContain(reply?.type);
  }
  await guest.session.close();
  expect(gate.references).toBe(0);
});

describe("2024 and 2026, 042b4ebfd2, 32cae47c33, c3aa2491cd: messages on fids of another kind", () => {
  const times = { atime_sec: 0, atime_nsec: 0, mtime_sec: 0, mtime_nsec: 0 };
  const range = { start: 0, length: 0, proc_id: 1, client_id: "c" };
  const read = { offset: 0, count: 100 };
  const make = { name: "n", mode: 0o644, gid: 0 };
  /** What needs any object, an open file, an open directory, or one that is not open. */
  const needs = {
    object: {
      Tgetattr: { request_mask: 0 },
      Tsetattr: { valid: 0, mode: 0, uid: 0, gid: 0, size: 0, ...times },
      Tstatfs: {},
      Treadlink: {},
      Trename: { dfid: 0, name: "n" },
      Txattrwalk: { newfid: 99, name: "" },
    },
    open: {
      Tfsync: { datasync: 0 },
      Tlock: { type: 0, flags: 0, ...range },
      Tgetlock: { type: 0, ...range },
      Tread: read,
      Twrite: { offset: 0, data: bytesOf("x") },
      Treaddir: read,
    },
    unopened: {
      Tlopen: { flags: 0 },
      Tlcreate: { ...make, flags: 0 },
      Txattrcreate: { name: "user.b", attr_size: 1, flags: 0 },
    },
  };
  const kinds = ["none", "object", "file", "directory", "xattr-read", "xattr-write"] as const;

  async function fidOf(guest: Guest, kind: (typeof kinds)[number]): Promise<number> {
    if (kind === "none") return 50;
    await guest.walk(0, 1, ...(kind === "directory" ? ["dir"] : ["file"]));
    if (kind === "file") await guest.rpc("Tlopen", { fid: 1, flags: 2 });
    if (kind === "directory") await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    if (kind === "xattr-write")
      await guest.rpc("Txattrcreate", { fid: 1, name: "a", attr_size: 1, flags: 0 });
    if (kind !== "xattr-read") return 1;
    await guest.rpc("Txattrwalk", { fid: 1, newfid: 2, name: "" });
    return 2;
  }

  it.each(kinds)("are refused on %s", async (kind) => {
    const guest = await attached();
    const fid = await fidOf(guest, kind);
    const ask = (type: string, fields: object): Promise<number> =>
      guest.errno(type as "Tclunk", { fid, ...fields } as MessageInput<"Tclunk">);
    const hasObject = ["object", "file", "directory"].includes(kind);
    for (const [type, fields] of Object.entries(needs.object)) {
      const errno = await ask(type, fields);
      if (!hasObject) expect(errno, type).toBe(ERRNO.EBADF);
    }
    for (const [type, fields] of Object.entries(needs.open)) {
      const errno = await ask(type, fields);
      if (kind === "none" || kind === "object") expect(errno, type).toBe(ERRNO.EBADF);
      else if (kind === "xattr-read" && type === "Tread") expect(errno).toBe(0);
      else if (kind === "xattr-write" && type === "Twrite") expect(errno).toBe(0);
      else if (!hasObject) expect(errno, type).toBe(ERRNO.EBADF);
    }
    for (const [type, fields] of Object.entries(needs.unopened)) {
      const errno = await ask(type, fields);
      if (!hasObject) expect(errno, type).toBe(ERRNO.EBADF);
      else if (kind !== "object") expect([ERRNO.EINVAL, ERRNO.ENOTDIR], type).toContain(errno);
    }
    const directory = { ...make, dfid: fid, target: "t", major: 0, minor: 0, fid: 0 };
    for (const type of ["Tmkdir", "Tmknod", "Tsymlink", "Tlink"]) {
      const errno = await ask(type, directory);
      if (!hasObject) expect(errno, type).toBe(ERRNO.EBADF);
      else if (kind !== "directory") expect(errno, type).toBe(ERRNO.ENOTDIR);
    }
    expect(await guest.errno("Twalk", { fid, newfid: 60, wname: [] })).toBe(hasObject ? 0 : ERRNO.EBADF);
  });
});

it("CVE-2026-9238: a huge count and little room give what fits", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `a-rather-long-name-${i}`);
  const guest = await attached(Object.fromEntries(names.map((name) => [name, name.repeat(50)])));
  await guest.walk(0, 1);
  await guest.rpc("Tlopen", { fid: 1, flags: 0 });
  await guest.walk(0, 2, names[0]!);
  await guest.rpc("Tlopen", { fid: 2, flags: 0 });
  for (const room of [64, 200, 4096]) {
    for (const pieces of [1, 5]) {
      guest.pieces = pieces;
      const all = { offset: 0, count: 0xffff_ffff };
      const entries = await guest.rpc("Treaddir", { fid: 1, ...all }, { room });
      expect(entries.data.length).toBeLessThanOrEqual(room - 11);
      expect((await guest.rpc("Tread", { fid: 2, ...all }, { room })).data.length).toBeLessThanOrEqual(
        room - 11,
      );
    }
  }
});

it("CVE-2026-8348: extended attributes have fids for so many and no more", async () => {
  const guest = await attached();
  for (let fid = 1; fid <= 1024; fid++) await guest.rpc("Txattrwalk", { fid: 0, newfid: fid, name: "" });
  const another = { fid: 0, newfid: 2000, name: "" };
  expect(await guest.errno("Txattrwalk", another)).toBe(ERRNO.ENOSPC);
  await guest.walk(0, 3000);
  const create = { fid: 3000, name: "user.a", attr_size: 0, flags: 0 };
  expect(await guest.errno("Txattrcreate", create)).toBe(ERRNO.ENOSPC);
  await guest.clunk(7);
  expect(await guest.errno("Txattrcreate", create)).toBe(0);
  expect(await guest.errno("Txattrwalk", another)).toBe(ERRNO.ENOSPC);
  await guest.clunk(3000);
  expect(await guest.errno("Txattrwalk", another)).toBe(0);
});

it("CVE-2026-63318: nothing is truncated on a tree that cannot be changed", async () => {
  const guest = await Guest.attached(await memoryTree({ files: { file: "text" }, readonly: true }));
  await guest.walk(0, 1, "file");
  for (const flags of [0o1000, 0o1001, 0o3002]) {
    expect(await guest.errno("Tlopen", { fid: 1, flags })).toBe(ERRNO.EROFS);
  }
  expect((await guest.rpc("Tgetattr", { fid: 1, request_mask: 0 })).size).toBe(4n);
});

it("2026, 210701c82e and 1de8aea061: requests under way outlive neither a reset nor an unplug", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files: { file: "text" } }), gate));
  for (const end of [() => guest.session.reset(), () => guest.session.close()]) {
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: 2 });
    gate.hold("read", "write", "stat", "lookup", "close");
    const sent = [
      guest.send("Tread", { fid: 1, offset: 0, count: 9 }),
      guest.send("Twrite", { fid: 1, offset: 0, data: bytesOf("x") }),
      guest.send("Tgetattr", { fid: 0, request_mask: 0 }),
      guest.send("Twalk", { fid: 0, newfid: 2, wname: ["file"] }),
      guest.send("Tclunk", { fid: 1 }),
    ];
    await turns();
    let isOver = false;
    const over = end().then(() => {
      isOver = true;
    });
    await turns();
    expect(isOver).toBe(false);
    gate.open();
    await over;
    expect(await Promise.all(sent.map(({ reply }) => reply))).toEqual(sent.map(() => undefined));
    expect(gate.references).toBe(0);
    if (end.toString().includes("close")) break;
    await guest.version();
    await guest.attach(0);
  }
});

it("gitlab 3358: 257 directories of 255 bytes each, one in the other", async () => {
  const guest = await attached({});
  const name = "d".repeat(255);
  await guest.walk(0, 1);
  for (let depth = 0; depth < 257; depth++) {
    await guest.rpc("Tmkdir", { dfid: 1, name, mode: 0o755, gid: 0 });
    await guest.walk(1, 1, name);
  }
  await guest.walk(1, 1, ...new Array<string>(16).fill(".."));
  expect((await guest.walk(1, 2, ...new Array<string>(16).fill(name))).wqid).toHaveLength(16);
});

it("a fid that was never made can be clunked without harm, as Linux does after half a walk", async () => {
  const guest = await attached();
  expect((await guest.walk(0, 1, "dir", "nothing")).wqid).toHaveLength(1);
  expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EBADF);
  await guest.walk(0, 1, "dir");
});

it("fids are for so many and no more", async () => {
  const guest = await Guest.attached(await memoryTree(), { limits: { fids: 3 } });
  await guest.walk(0, 1);
  await guest.walk(0, 2);
  expect(await guest.errno("Twalk", { fid: 0, newfid: 3, wname: [] })).toBe(ERRNO.EMFILE);
  expect(await guest.errno("Txattrwalk", { fid: 0, newfid: 3, name: "" })).toBe(ERRNO.EMFILE);
  await guest.walk(2, 2);
  await guest.clunk(1);
  await guest.walk(0, 3);
});
