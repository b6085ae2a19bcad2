import { AGAIN, ERRNO } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { overrideFiles } from "./support/override.ts";
import { bytesOf, textOf } from "./support/text.ts";

const O_WRONLY = 1;
const O_RDWR = 2;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_DIRECTORY = 0o200000;

describe.each(["at once", "later"])("a tree that answers %s", (when) => {
  async function attached(files: Record<string, string>): Promise<Guest> {
    const tree = await memoryTree({ files });
    return Guest.attached(when === "later" ? heldTree(tree, new Gate()) : tree);
  }

  it("reads and writes where it is told", async () => {
    const guest = await attached({ file: "0123456789" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: O_RDWR });
    expect((await guest.rpc("Twrite", { fid: 1, offset: 8, data: bytesOf("abcd") })).count).toBe(4);
    expect((await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("") })).count).toBe(0);
    expect(textOf((await guest.rpc("Tread", { fid: 1, offset: 6, count: 99 })).data)).toBe("67abcd");
    expect(textOf((await guest.rpc("Tread", { fid: 1, offset: 1, count: 3 })).data)).toBe("123");
    expect((await guest.rpc("Tread", { fid: 1, offset: 12, count: 3 })).data).toHaveLength(0);
    expect((await guest.rpc("Tread", { fid: 1, offset: 0, count: 0 })).data).toHaveLength(0);
  });

  it("agrees with an array of bytes", async () => {
    const guest = await attached({ file: "" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: O_RDWR });
    let model = new Uint8Array(0);
    const step = fc.record({
      offset: fc.nat(20_000),
      data: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        step,
        fc.nat(7),
        fc.nat(25_000),
        fc.nat(30_000),
        async (write, pieces, offset, count) => {
          guest.pieces = pieces + 1;
          await guest.rpc("Twrite", { fid: 1, ...write });
          const longer = new Uint8Array(Math.max(model.length, write.offset + write.data.length));
          longer.set(model);
          longer.set(write.data, write.offset);
          model = longer;
          const { data } = await guest.rpc("Tread", { fid: 1, offset, count });
          expect(data).toEqual(model.subarray(offset, offset + count));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("cuts a read to the room and to the message size", async () => {
    const guest = await attached({ file: "x".repeat(20_000) });
    await guest.version(8192);
    await guest.attach(0);
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    const whole = { fid: 1, offset: 0, count: 0xffff_ffff };
    expect((await guest.rpc("Tread", whole)).data).toHaveLength(8192 - 11);
    expect((await guest.rpc("Tread", whole, { room: 100 })).data).toHaveLength(89);
    expect((await guest.rpc("Tread", whole, { room: 11 })).data).toHaveLength(0);
  });

  it("refuses offsets that no file has", async () => {
    const guest = await attached({ file: "x" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: O_RDWR });
    for (const offset of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(await guest.errno("Tread", { fid: 1, offset, count: 1 })).toBe(ERRNO.EINVAL);
      expect(await guest.errno("Twrite", { fid: 1, offset, data: bytesOf("x") })).toBe(ERRNO.EFBIG);
    }
    expect((await guest.rpc("Tread", { fid: 1, offset: 2n ** 53n - 2n, count: 1 })).data).toHaveLength(0);
  });

  it("gives what the fid was opened for, and nothing else", async () => {
    const guest = await attached({ "dir/file": "text" });
    await guest.walk(0, 1, "dir", "file");
    const read = { fid: 1, offset: 0, count: 9 };
    const write = { fid: 1, offset: 0, data: bytesOf("x") };
    expect(await guest.errno("Tread", read)).toBe(ERRNO.EBADF);
    expect(await guest.errno("Twrite", write)).toBe(ERRNO.EBADF);
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    expect(await guest.errno("Twrite", write)).toBe(ERRNO.EBADF);
    expect(await guest.errno("Tlopen", { fid: 1, flags: 0 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Treaddir", read)).toBe(ERRNO.ENOTDIR);
    await guest.walk(1, 2);
    await guest.rpc("Tlopen", { fid: 2, flags: O_WRONLY });
    expect(await guest.errno("Tread", { ...read, fid: 2 })).toBe(ERRNO.EBADF);
    await guest.walk(0, 3, "dir");
    expect(await guest.errno("Tlopen", { fid: 3, flags: O_WRONLY })).toBe(ERRNO.EISDIR);
    expect(await guest.errno("Tlopen", { fid: 3, flags: O_TRUNC })).toBe(ERRNO.EISDIR);
    await guest.rpc("Tlopen", { fid: 3, flags: O_DIRECTORY });
    expect(await guest.errno("Tread", { ...read, fid: 3 })).toBe(ERRNO.EISDIR);
    expect(await guest.errno("Twrite", { ...write, fid: 3 })).toBe(ERRNO.EBADF);
    await guest.walk(0, 4, "dir", "file");
    expect(await guest.errno("Tlopen", { fid: 4, flags: O_DIRECTORY })).toBe(ERRNO.ENOTDIR);
    expect(await guest.errno("Tlopen", { fid: 4, flags: 3 })).toBe(ERRNO.EINVAL);
    await guest.rpc("Tlopen", { fid: 4, flags: O_RDWR | O_TRUNC });
    expect((await guest.rpc("Tread", { ...read, fid: 4 })).data).toHaveLength(0);
  });

  it("turns a directory's fid into the file that it creates", async () => {
    const guest = await attached({ there: "old" });
    await guest.walk(0, 1);
    const lcreate = { fid: 1, name: "new", flags: O_RDWR, mode: 0o100640, gid: 5 };
    const { qid, iounit } = await guest.rpc("Tlcreate", lcreate);
    expect(iounit).toBe(65536 - 4096);
    await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("hello") });
    await guest.walk(0, 2, "new");
    const attributes = await guest.rpc("Tgetattr", { fid: 2, request_mask: 0x7ff });
    expect(attributes).toMatchObject({ mode: 0o100640, uid: 1000, gid: 5, size: 5n });
    expect(attributes.qid.path).toBe(qid.path);
    await guest.walk(0, 3);
    const exclusive = { fid: 3, name: "there", flags: O_EXCL, mode: 0o644, gid: 0 };
    expect(await guest.errno("Tlcreate", exclusive)).toBe(ERRNO.EEXIST);
    expect(await guest.errno("Tlcreate", { ...exclusive, fid: 1 })).toBe(ERRNO.ENOTDIR);
    await guest.rpc("Tlcreate", { ...exclusive, flags: O_RDWR });
    expect(textOf((await guest.rpc("Tread", { fid: 3, offset: 0, count: 9 })).data)).toBe("old");
  });

  it("works on after the last name is gone", async () => {
    const guest = await attached({ file: "text" });
    await guest.walk(0, 1, "file");
    await guest.rpc("Tlopen", { fid: 1, flags: O_RDWR });
    await guest.rpc("Tunlinkat", { dirfd: 0, name: "file", flags: 0 });
    await guest.rpc("Twrite", { fid: 1, offset: 4, data: bytesOf("!") });
    expect(textOf((await guest.rpc("Tread", { fid: 1, offset: 0, count: 9 })).data)).toBe("text!");
    const size = {
      valid: 8,
      mode: 0,
      uid: 0,
      gid: 0,
      atime_sec: 0,
      atime_nsec: 0,
      mtime_sec: 0,
      mtime_nsec: 0,
    };
    await guest.rpc("Tsetattr", { fid: 1, ...size, size: 2 });
    expect(await guest.rpc("Tgetattr", { fid: 1, request_mask: 0x7ff })).toMatchObject({
      size: 2n,
      nlink: 0n,
    });
    await guest.rpc("Tfsync", { fid: 1, datasync: 0 });
    await guest.clunk(1);
  });
});

it("tells an I/O unit of whole blocks that fits a message", async () => {
  const guest = await Guest.attached(await memoryTree({ files: { file: "" } }));
  for (const [msize, unit] of [
    [4096, 4072],
    [8192, 4096],
    [8216, 8192],
    [65536, 61440],
  ] as const) {
    await guest.version(msize);
    await guest.attach(0);
    await guest.walk(0, 1, "file");
    expect((await guest.rpc("Tgetattr", { fid: 1, request_mask: 0 })).blksize).toBe(BigInt(unit));
    expect((await guest.rpc("Tlopen", { fid: 1, flags: 0 })).iounit).toBe(unit);
  }
});

it("does not believe a driver that claims more bytes than there was room for", async () => {
  const tree = await memoryTree({ files: { file: "text" } });
  const lying = overrideFiles(tree, () => ({
    tryRead: (offset: number) => (offset === 0 ? 1 << 20 : AGAIN),
    read: async () => -3,
    tryWrite: () => 1 << 20,
  }));
  const guest = await Guest.attached(lying);
  await guest.walk(0, 1, "file");
  await guest.rpc("Tlopen", { fid: 1, flags: O_RDWR });
  expect(await guest.errno("Tread", { fid: 1, offset: 0, count: 9 })).toBe(ERRNO.EIO);
  expect(await guest.errno("Tread", { fid: 1, offset: 1, count: 9 })).toBe(ERRNO.EIO);
  expect(await guest.errno("Twrite", { fid: 1, offset: 0, data: bytesOf("x") })).toBe(ERRNO.EIO);
});

it("keeps to what a fid was opened for, even where the driver does not", async () => {
  const tree = overrideFiles(await memoryTree({ files: { file: "text" } }), () => ({
    tryRead: () => 1,
    tryWrite: () => 1,
  }));
  const guest = await Guest.attached(tree);
  for (const [fid, flags] of [
    [1, 0],
    [2, O_WRONLY],
  ] as const) {
    await guest.walk(0, fid, "file");
    await guest.rpc("Tlopen", { fid, flags });
  }
  expect(await guest.errno("Twrite", { fid: 1, offset: 0, data: bytesOf("x") })).toBe(ERRNO.EBADF);
  expect(await guest.errno("Tread", { fid: 2, offset: 0, count: 1 })).toBe(ERRNO.EBADF);
});
