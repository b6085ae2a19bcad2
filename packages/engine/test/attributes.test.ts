import { type AttributeChanges, type Attributes, ERRNO, type FsTree } from "@ninefold/core/contracts";
import type { MessageInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { overrideNodes } from "./support/override.ts";

const BASIC = 0x7ffn;
const BTIME = 0x800n;
const GEN = 0x1000n;
const DATA_VERSION = 0x2000n;

function withAttributes(tree: FsTree, fill: (into: Attributes) => void): FsTree {
  return overrideNodes(tree, () => ({
    tryStat: (into: Attributes) => {
      fill(into);
      return 0;
    },
  }));
}

it("gives every value, also times before 1970 and 64-bit numbers", async () => {
  const tree = withAttributes(await memoryTree(), (into) => {
    into.mode = 0o106755;
    into.uid = 0xffff_fffe;
    into.gid = 2;
    into.nlink = 3;
    into.rdev = 0xfff0_00ff;
    into.size = 2 ** 53 - 1;
    into.blockSize = 512;
    into.blocks = 2 ** 40 + 5;
    into.atimeSec = -1;
    into.atimeNsec = 999_999_999;
    into.mtimeSec = 2 ** 33 + 7;
    into.ctimeSec = -(2 ** 40);
    into.btimeSec = 5;
    into.hasBirthTime = true;
    into.generation = 0xffff_ffff;
    into.inodeLow = 0xdead_beef;
    into.inodeHigh = 0x8000_0000;
    into.version = 0xffff_fff0;
  });
  const guest = await Guest.attached(tree);
  expect(await guest.rpc("Tgetattr", { fid: 0, request_mask: 0x3fff })).toEqual({
    valid: BASIC | BTIME | GEN | DATA_VERSION,
    qid: { type: 0, version: 0xffff_fff0, path: 0x8000_0000_dead_beefn },
    mode: 0o106755,
    uid: 0xffff_fffe,
    gid: 2,
    nlink: 3n,
    rdev: 0xfff0_00ffn,
    size: 2n ** 53n - 1n,
    blksize: BigInt(65536 - 512),
    blocks: 2n ** 40n + 5n,
    atime_sec: 2n ** 64n - 1n,
    atime_nsec: 999_999_999n,
    mtime_sec: 2n ** 33n + 7n,
    mtime_nsec: 0n,
    ctime_sec: 2n ** 64n - 2n ** 40n,
    ctime_nsec: 0n,
    btime_sec: 5n,
    btime_nsec: 0n,
    gen: 0xffff_ffffn,
    data_version: 0xffff_fff0n,
  });
});

it("says which attributes count: the basic ones always, others when asked and known", async () => {
  let hasBirthTime = true;
  const tree = withAttributes(await memoryTree(), (into) => {
    into.mode = 0o40755;
    into.hasBirthTime = hasBirthTime;
  });
  const guest = await Guest.attached(tree);
  const valid = async (mask: bigint): Promise<bigint> =>
    (await guest.rpc("Tgetattr", { fid: 0, request_mask: mask })).valid;
  expect(await valid(0n)).toBe(BASIC);
  expect(await valid(0x17ffn)).toBe(BASIC | GEN);
  expect(await valid(2n ** 64n - 1n)).toBe(BASIC | BTIME | GEN | DATA_VERSION);
  hasBirthTime = false;
  expect(await valid(2n ** 64n - 1n)).toBe(BASIC | GEN | DATA_VERSION);
});

const nothing: MessageInput<"Tsetattr"> = {
  fid: 1,
  valid: 0,
  mode: 0o107777,
  uid: 5,
  gid: 6,
  size: 7,
  atime_sec: 8,
  atime_nsec: 9,
  mtime_sec: -10,
  mtime_nsec: 11,
};

it("changes exactly what it is told to", async () => {
  const seen: AttributeChanges[] = [];
  const tree = overrideNodes(await memoryTree({ files: { file: "" } }), () => ({
    setattr: async (changes: AttributeChanges) => void seen.push(changes),
  }));
  const guest = await Guest.attached(tree);
  await guest.walk(0, 1, "file");
  const told = async (valid: number, fields: Partial<MessageInput<"Tsetattr">> = {}): Promise<unknown> => {
    seen.length = 0;
    await guest.rpc("Tsetattr", { ...nothing, valid, ...fields });
    return seen[0];
  };
  expect(await told(0)).toBeUndefined();
  expect(await told(1)).toEqual({ mode: 0o7777 });
  expect(await told(2 | 4)).toEqual({ uid: 5, gid: 6 });
  expect(await told(2 | 4, { uid: 0xffff_ffff })).toEqual({ gid: 6 });
  expect(await told(8 | 0x40)).toEqual({ size: 7 });
  expect(await told(0x10 | 0x20)).toEqual({ atime: "now", mtime: "now" });
  expect(await told(0x10 | 0x20 | 0x80 | 0x100)).toEqual({
    atime: { sec: 8, nsec: 9 },
    mtime: { sec: -10, nsec: 11 },
  });
  expect(await told(0x80 | 0x100)).toBeUndefined();
  expect(await told(0x40)).toEqual({ touchCtime: true });
});

it("refuses sizes and times that there are not", async () => {
  const guest = await Guest.attached(await memoryTree({ files: { file: "text" } }));
  await guest.walk(0, 1, "file");
  const errno = (fields: Partial<MessageInput<"Tsetattr">>): Promise<number> =>
    guest.errno("Tsetattr", { ...nothing, ...fields });
  expect(await errno({ valid: 8, size: 2n ** 63n })).toBe(ERRNO.EFBIG);
  expect(await errno({ valid: 8, fid: 0 })).toBe(ERRNO.EISDIR);
  // UTIME_NOW and UTIME_OMIT of utimensat(2).
  expect(await errno({ valid: 0x90, atime_nsec: 2 ** 30 - 1 })).toBe(ERRNO.EINVAL);
  expect(await errno({ valid: 0x120, mtime_nsec: 2 ** 30 - 2 })).toBe(ERRNO.EINVAL);
  expect(await errno({ valid: 0x120, mtime_sec: 2n ** 62n })).toBe(ERRNO.EINVAL);
  expect(await errno({ valid: 8, size: 2 })).toBe(0);
});

it("gives the open file to the driver for a change of size", async () => {
  const vias: unknown[] = [];
  const tree = overrideNodes(await memoryTree({ files: { file: "" } }), () => ({
    setattr: async (_changes: AttributeChanges, via: unknown) => void vias.push(via !== undefined),
  }));
  const guest = await Guest.attached(tree);
  await guest.walk(0, 1, "file");
  await guest.rpc("Tsetattr", { ...nothing, valid: 8 });
  await guest.rpc("Tlopen", { fid: 1, flags: 2 });
  await guest.rpc("Tsetattr", { ...nothing, valid: 8 });
  expect(vias).toEqual([false, true]);
});

it("tells the tree's statistics", async () => {
  const guest = await Guest.attached(await memoryTree({ size: 1 << 20 }));
  const { type, bsize, blocks, namelen } = await guest.rpc("Tstatfs", { fid: 0 });
  expect({ type, bsize, blocks, namelen }).toEqual({
    type: 0x01021994,
    bsize: 4096,
    blocks: 256n,
    namelen: 255,
  });
});
