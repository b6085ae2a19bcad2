import { ERRNO } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { overrideNodes } from "./support/override.ts";
import { bytesOf, textOf } from "./support/text.ts";

const CREATE = 1;
const REPLACE = 2;
const ACL = "system.posix_acl_access";

async function attached(): Promise<Guest> {
  const guest = await Guest.attached(await memoryTree({ files: { file: "text" } }));
  await guest.walk(0, 1, "file");
  return guest;
}

/** setxattr(2) as Linux's client does it; the errno of whichever message failed. */
async function set(guest: Guest, name: string, value: string, flags = 0): Promise<number> {
  await guest.walk(1, 7);
  const data = bytesOf(value);
  const refused = await guest.errno("Txattrcreate", { fid: 7, name, attr_size: data.length, flags });
  if (refused === 0 && data.length > 0) await guest.rpc("Twrite", { fid: 7, offset: 0, data });
  const failed = await guest.errno("Tclunk", { fid: 7 });
  return refused || failed;
}

/** removexattr(2) as Linux's client does it. */
function remove(guest: Guest, name: string): Promise<number> {
  return set(guest, name, "", REPLACE);
}

async function get(guest: Guest, name: string): Promise<string | number> {
  const errno = await guest.errno("Txattrwalk", { fid: 1, newfid: 8, name });
  if (errno !== 0) return errno;
  const { data } = await guest.rpc("Tread", { fid: 8, offset: 0, count: 60_000 });
  await guest.clunk(8);
  return textOf(data);
}

describe("extended attributes", () => {
  it("are set when the fid is clunked", async () => {
    const guest = await attached();
    await guest.walk(1, 7);
    await guest.rpc("Txattrcreate", { fid: 7, name: "user.a", attr_size: 6, flags: 0 });
    await guest.rpc("Twrite", { fid: 7, offset: 0, data: bytesOf("val") });
    await guest.rpc("Twrite", { fid: 7, offset: 3, data: bytesOf("ue!") });
    expect(await get(guest, "user.a")).toBe(ERRNO.ENODATA);
    await guest.clunk(7);
    expect(await get(guest, "user.a")).toBe("value!");
  });

  it("may be empty, which is not the same as gone", async () => {
    const guest = await attached();
    expect(await set(guest, "user.a", "")).toBe(0);
    expect(await get(guest, "user.a")).toBe("");
    expect(await remove(guest, "user.a")).toBe(0);
    expect(await get(guest, "user.a")).toBe(ERRNO.ENODATA);
    expect(await remove(guest, "user.a")).toBe(ERRNO.ENODATA);
    expect(await set(guest, "user.a", "", CREATE)).toBe(0);
    expect(await set(guest, "user.a", "", CREATE)).toBe(ERRNO.EEXIST);
  });

  it("of an ACL are removed by an empty value, whether there is one or not", async () => {
    const guest = await attached();
    expect(await set(guest, ACL, "acl")).toBe(0);
    expect(await set(guest, ACL, "")).toBe(0);
    expect(await get(guest, ACL)).toBe(ERRNO.ENODATA);
    expect(await set(guest, ACL, "")).toBe(0);
  });

  it("follow CREATE and REPLACE, whose failure is the clunk's", async () => {
    const guest = await attached();
    expect(await set(guest, "user.a", "1", REPLACE)).toBe(ERRNO.ENODATA);
    expect(await set(guest, "user.a", "1", CREATE)).toBe(0);
    expect(await set(guest, "user.a", "2", CREATE)).toBe(ERRNO.EEXIST);
    expect(await set(guest, "user.a", "3", REPLACE)).toBe(0);
    expect(await get(guest, "user.a")).toBe("3");
    expect(await set(guest, "user.a", "4", CREATE | REPLACE)).toBe(ERRNO.EINVAL);
    expect(await set(guest, "user.a", "4", 4)).toBe(ERRNO.EINVAL);
  });

  it("are listed with a NUL behind each name", async () => {
    const guest = await attached();
    expect(await get(guest, "")).toBe("");
    await set(guest, "user.a", "1");
    await set(guest, "user.é", "2");
    expect(await get(guest, "")).toBe("user.a\0user.é\0");
  });

  it("are read as they were at Txattrwalk, in parts, from an open file too", async () => {
    const guest = await attached();
    await set(guest, "user.a", "0123456789");
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    expect((await guest.rpc("Txattrwalk", { fid: 1, newfid: 8, name: "user.a" })).size).toBe(10n);
    await set(guest, "user.a", "x");
    const read = async (offset: number | bigint, count: number, room?: number): Promise<string> =>
      textOf((await guest.rpc("Tread", { fid: 8, offset, count }, room === undefined ? {} : { room })).data);
    expect(await read(0, 4)).toBe("0123");
    expect(await read(8, 4)).toBe("89");
    expect(await read(10, 4)).toBe("");
    expect(await read(2n ** 64n - 1n, 0xffff_ffff)).toBe("");
    expect(await read(0, 10, 14)).toBe("012");
  });

  it("have a value that comes whole, and no more", async () => {
    const guest = await attached();
    await guest.walk(1, 7);
    await guest.rpc("Txattrcreate", { fid: 7, name: "user.a", attr_size: 4, flags: 0 });
    const write = { fid: 7, offset: 0, data: bytesOf("abc") };
    expect(await guest.errno("Twrite", { ...write, offset: 1 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Twrite", { ...write, offset: 2n ** 64n - 3n })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Twrite", { ...write, data: bytesOf("abcde") })).toBe(ERRNO.EINVAL);
    await guest.rpc("Twrite", write);
    expect(await guest.errno("Tread", { fid: 7, offset: 0, count: 4 })).toBe(ERRNO.EBADF);
    expect(await guest.errno("Tclunk", { fid: 7 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tclunk", { fid: 7 })).toBe(ERRNO.EBADF);
    expect(await get(guest, "user.a")).toBe(ERRNO.ENODATA);
  });

  it("have bounds of size and name", async () => {
    const guest = await attached();
    await guest.walk(1, 7);
    const create = { fid: 7, name: "user.a", attr_size: 65537n, flags: 0 };
    expect(await guest.errno("Txattrcreate", create)).toBe(ERRNO.E2BIG);
    expect(await guest.errno("Txattrcreate", { ...create, attr_size: 2n ** 64n - 1n })).toBe(ERRNO.E2BIG);
    expect(await guest.errno("Txattrcreate", { ...create, name: "" })).toBe(ERRNO.ERANGE);
    expect(await guest.errno("Txattrcreate", { ...create, name: "x".repeat(256) })).toBe(ERRNO.ERANGE);
    expect(await guest.errno("Txattrcreate", { ...create, name: "user.\0" })).toBe(ERRNO.EINVAL);
    await guest.clunk(7);
    expect(await set(guest, "user.most", "x".repeat(60_000))).toBe(0);
  });

  it("that have grown too large to read are E2BIG", async () => {
    const tree = overrideNodes(await memoryTree(), () => ({ getXattr: async () => new Uint8Array(65537) }));
    const guest = await Guest.attached(tree);
    expect(await guest.errno("Txattrwalk", { fid: 0, newfid: 1, name: "user.a" })).toBe(ERRNO.E2BIG);
    expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EBADF);
  });

  it("need a fid that is not open to be created, and a new one to be walked to", async () => {
    const guest = await attached();
    expect(await guest.errno("Txattrwalk", { fid: 1, newfid: 0, name: "" })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Txattrwalk", { fid: 1, newfid: 1, name: "" })).toBe(ERRNO.EINVAL);
    await guest.rpc("Tlopen", { fid: 1, flags: 2 });
    const create = { fid: 1, name: "user.a", attr_size: 1, flags: 0 };
    expect(await guest.errno("Txattrcreate", create)).toBe(ERRNO.EINVAL);
  });

  it("that were not clunked are not set", async () => {
    const tree = await memoryTree({ files: { file: "" } });
    const gate = new Gate();
    const guest = await Guest.attached(heldTree(tree, gate));
    await guest.walk(0, 1, "file");
    await guest.rpc("Txattrcreate", { fid: 1, name: "user.a", attr_size: 1, flags: 0 });
    await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("x") });
    await guest.session.close();
    expect(gate.calls).not.toContain("setXattr");
    expect(gate.references).toBe(0);
  });
});
