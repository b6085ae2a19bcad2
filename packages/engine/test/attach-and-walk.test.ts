import { ERRNO, type FsUser } from "@ninefold/core/contracts";
import { NOFID } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { override } from "./support/override.ts";

const files = { "a/b/c/file": "text", "a/other": "x", top: "y" };

/** The same behaviour is asked of a tree that answers at once, and of one that takes its time. */
describe.each(["at once", "later"])("a tree that answers %s", (when) => {
  async function attached(gate: Gate = new Gate()): Promise<Guest> {
    const tree = await memoryTree({ files });
    return Guest.attached(when === "later" ? heldTree(tree, gate) : tree);
  }

  it("walks over several names, with a qid for each", async () => {
    const guest = await attached();
    const { wqid } = await guest.walk(0, 1, "a", "b", "c", "file");
    expect(wqid.map(({ type }) => type)).toEqual([0x80, 0x80, 0x80, 0]);
    expect(new Set(wqid.map(({ path }) => path)).size).toBe(4);
    const { qid } = await guest.rpc("Tgetattr", { fid: 1, request_mask: 0x7ff });
    expect(qid).toEqual(wqid[3]);
  });

  it("clones without names, also an open fid", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "top");
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    expect((await guest.walk(1, 2)).wqid).toEqual([]);
    await guest.rpc("Tlopen", { fid: 2, flags: 0 });
    expect((await guest.rpc("Tread", { fid: 2, offset: 0, count: 9 })).data).toHaveLength(1);
  });

  it("walks from an open directory", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "a");
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    expect((await guest.walk(1, 2, "b")).wqid).toHaveLength(1);
  });

  it("makes no newfid when a later name is not found, and fails when the first is not", async () => {
    const guest = await attached();
    expect((await guest.walk(0, 1, "a", "b", "nothing", "more")).wqid).toHaveLength(2);
    expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EBADF);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: ["nothing"] })).toBe(ERRNO.ENOENT);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: ["top", "x"] })).toBe(0);
    await guest.walk(0, 2, "top");
    expect(await guest.errno("Twalk", { fid: 2, newfid: 1, wname: ["x"] })).toBe(ERRNO.ENOTDIR);
  });

  it("moves a fid that is its own newfid, unless the walk fails", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "a");
    expect((await guest.walk(1, 1, "b", "nothing")).wqid).toHaveLength(1);
    expect((await guest.walk(1, 1, "b", "c")).wqid).toHaveLength(2);
    expect((await guest.walk(1, 1)).wqid).toHaveLength(0);
    expect((await guest.walk(1, 2, "file")).wqid).toHaveLength(1);
    await guest.rpc("Tlopen", { fid: 2, flags: 0 });
    expect(await guest.errno("Twalk", { fid: 2, newfid: 2, wname: [] })).toBe(ERRNO.EINVAL);
  });

  it("bears dots, and never leaves the root", async () => {
    const guest = await attached();
    const root = (await guest.rpc("Tgetattr", { fid: 0, request_mask: 0 })).qid;
    const { wqid } = await guest.walk(0, 1, "..", "..", "a", ".", "b", "..", "..", "..");
    expect(wqid[0]).toEqual(root);
    expect(wqid[1]).toEqual(root);
    expect(wqid[3]).toEqual(wqid[2]);
    expect(wqid[5]).toEqual(wqid[2]);
    expect(wqid[7]).toEqual(root);
  });

  it("refuses 17 names, fids in use and fids that are none", async () => {
    const guest = await attached();
    const seventeen = new Array<string>(17).fill(".");
    expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: seventeen })).toBe(ERRNO.EINVAL);
    expect((await guest.walk(0, 1, ...seventeen.slice(1))).wqid).toHaveLength(16);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: [] })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Twalk", { fid: 0, newfid: NOFID, wname: [] })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Twalk", { fid: 9, newfid: 2, wname: [] })).toBe(ERRNO.EBADF);
  });

  it("leaves nothing behind", async () => {
    const gate = new Gate();
    const guest = await attached(gate);
    await guest.walk(0, 1, "a", "b", "nothing");
    await guest.walk(0, 1, "a", "..", "a", ".", "b");
    await guest.walk(1, 1, "c");
    await guest.walk(1, 2);
    await guest.clunk(1);
    await guest.session.close();
    expect(gate.references).toBe(0);
  });
});

it("attaches many times, each for a user", async () => {
  const users: number[] = [];
  const tree = await memoryTree();
  const seen = override(tree, {
    attach: (aname: string, user: FsUser) => {
      users.push(user.uid);
      return tree.attach(aname, user);
    },
  });
  const guest = await Guest.attached(seen);
  await guest.attach(1, 0xffff_ffff);
  await guest.rpc("Tmkdir", { dfid: 0, name: "mine", mode: 0o755, gid: 7 });
  await guest.walk(0, 2, "mine");
  expect(await guest.rpc("Tgetattr", { fid: 2, request_mask: 0 })).toMatchObject({ uid: 1000, gid: 7 });
  expect(users).toEqual([1000, -1]);
});

it("refuses afids, fids in use, names of trees that are not served, and authentication", async () => {
  const guest = await Guest.attached(await memoryTree());
  const attach = { fid: 1, afid: NOFID, uname: "", aname: "", n_uname: 0 };
  expect(await guest.errno("Tattach", { ...attach, afid: 3 })).toBe(ERRNO.EBADF);
  expect(await guest.errno("Tattach", { ...attach, fid: 0 })).toBe(ERRNO.EINVAL);
  expect(await guest.errno("Tattach", { ...attach, fid: NOFID })).toBe(ERRNO.EINVAL);
  expect(await guest.errno("Tattach", { ...attach, aname: "else" })).toBe(ERRNO.ENOENT);
  expect(await guest.errno("Tattach", { ...attach, aname: "a\0b" })).toBe(ERRNO.ENOENT);
  const auth = { afid: 1, uname: "", aname: "", n_uname: 0 };
  expect(await guest.errno("Tauth", auth)).toBe(ERRNO.EOPNOTSUPP);
});

it("makes newfid once when two walks want it", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files }), gate));
  gate.hold("lookup");
  const first = guest.send("Twalk", { fid: 0, newfid: 1, wname: ["a"] });
  const second = guest.send("Twalk", { fid: 0, newfid: 1, wname: ["top"] });
  await turns();
  gate.open();
  expect((await first.reply)?.type).toBe("Rwalk");
  expect((await second.reply)?.fields).toEqual({ ecode: ERRNO.EINVAL });
  await guest.session.close();
  expect(gate.references).toBe(0);
});

it("stays below its own root when a directory above it is another's root", async () => {
  const tree = await memoryTree({ files });
  const root = await tree.attach("", { name: "", uid: 0 });
  const inner = await root.lookup("a");
  const jailed = override(tree, {
    attach: async () => {
      inner.retain();
      return inner;
    },
  });
  const guest = await Guest.attached(jailed);
  const at = (await guest.rpc("Tgetattr", { fid: 0, request_mask: 0 })).qid;
  await guest.walk(0, 1, "b");
  expect((await guest.walk(1, 2, "..", "..")).wqid).toEqual([at, at]);
  // The host moves the directory out from under the guest's root.
  await inner.rename("b", root, "moved");
  expect((await guest.walk(1, 3, "..")).wqid[0]?.path).toBe(at.path);
});
