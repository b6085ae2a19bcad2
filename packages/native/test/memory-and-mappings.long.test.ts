import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import {
  AT_FDCWD,
  addressOf,
  addSeals,
  close,
  Errno,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  ftruncate,
  getSeals,
  memfdCreate,
  NativeError,
  NativeMemory,
  O_CREAT,
  O_RDWR,
  openat,
  pread,
  pwriteBytes,
} from "@ninefold/native";
import { describe, expect, it, onTestFinished } from "vitest";
import { countDescriptors, makeFolder } from "./folders.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function makeMemfd(length: number, sealable = false): number {
  const fd = memfdCreate("test", { sealable });
  expect(fd).toBeGreaterThan(0);
  expect(ftruncate(fd, length)).toBe(0);
  return fd;
}

describe("allocated memory", () => {
  it("is zero, page-aligned, and the kernel's and ours alike", () => {
    using memory = NativeMemory.allocate(10_000);
    expect(memory.length).toBe(10_000);
    expect(memory.address % 4096).toBe(0);
    expect(memory.bytes.every((byte) => byte === 0)).toBe(true);
    const fd = openat(AT_FDCWD, "/proc/version", 0);
    const length = pread(fd, memory.address + 100, 1000, 0);
    expect(memory.bytes.toString("latin1", 100, 100 + length)).toBe(readFileSync("/proc/version", "latin1"));
    close(fd);
  });

  it("leaves harmless, empty views behind", () => {
    const memory = NativeMemory.allocate(4096);
    const part = memory.bytes.subarray(10, 20);
    const words = new Uint32Array(memory.bytes.buffer);
    const view = new DataView(memory.bytes.buffer, 8);
    part[0] = 7;
    memory.close();
    memory.close();
    expect(memory.isOpen).toBe(false);
    expect([memory.bytes.length, part.length, words.length]).toEqual([0, 0, 0]);
    expect(part[0]).toBeUndefined();
    part[0] = 1;
    expect(() => view.getUint8(0)).toThrow(TypeError);
  });

  it("can be made and unmapped again and again", () => {
    const stray: Buffer[] = [];
    for (let round = 0; round < 2000; round++) {
      const memory = NativeMemory.allocate(1 << 20);
      memory.bytes[round] = 1;
      stray.push(memory.bytes);
      memory.close();
      if (round % 100 === 0) {
        collectGarbage();
      }
    }
    collectGarbage();
    expect(stray.every((bytes) => bytes.length === 0)).toBe(true);
    const maps = readFileSync("/proc/self/maps", "latin1").split("\n").length;
    expect(maps).toBeLessThan(2000);
  });

  it("has a positive length", () => {
    expect(() => NativeMemory.allocate(0)).toThrow(RangeError);
    expect(() => NativeMemory.allocate(1.5)).toThrow(RangeError);
    expect(() => NativeMemory.allocate(2 ** 47)).toThrow(NativeError);
  });
});

describe("shared mappings", () => {
  it("show each other's writes", () => {
    const fd = makeMemfd(8192);
    using first = NativeMemory.mapShared(fd, 8192, 0);
    using second = NativeMemory.mapShared(fd, 4096, 4096, { writable: false });
    expect(close(fd)).toBe(0);
    first.bytes.write("seen", 4096);
    expect(second.bytes.toString("latin1", 0, 4)).toBe("seen");
  });

  it("never reach beyond the file unless told so", () => {
    const before = countDescriptors();
    const fd = makeMemfd(8192);
    for (const [length, offset] of [
      [8193, 0],
      [4097, 4096],
      [1, 8192],
      [4096, 1 << 30],
    ] as const) {
      expect(() => NativeMemory.mapShared(fd, length, offset)).toThrow(/EOVERFLOW: .* beyond the file/);
    }
    const beyond = NativeMemory.mapShared(fd, 16_384, 0, { beyondEnd: true });
    expect(beyond.bytes.length).toBe(16_384);
    beyond.close();
    const { fd: folder } = makeFolder(undefined, onTestFinished);
    const file = openat(folder, "file", O_CREAT | O_RDWR, 0o600);
    expect(() => NativeMemory.mapShared(file, 4096, 0)).toThrow(NativeError);
    expect(() => NativeMemory.mapShared(-1, 4096, 0)).toThrow(/EBADF/);
    close(file);
    close(fd);
    expect(countDescriptors()).toBe(before + 1);
  });

  it("can be of devices, which have no size", () => {
    const fd = openat(AT_FDCWD, "/dev/zero", O_RDWR);
    using memory = NativeMemory.mapShared(fd, 4096, 0);
    expect(memory.bytes[4095]).toBe(0);
    close(fd);
  });

  it("can be asked whether a peer may shrink them", () => {
    const fd = makeMemfd(4096, true);
    expect(getSeals(fd) & F_SEAL_SHRINK).toBe(0);
    expect(addSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW)).toBe(0);
    expect(getSeals(fd) & F_SEAL_SHRINK).toBe(F_SEAL_SHRINK);
    expect(ftruncate(fd, 0)).toBe(-Errno.EPERM);
    close(fd);
    const unsealable = makeMemfd(4096);
    expect(getSeals(unsealable) & F_SEAL_SEAL).toBe(F_SEAL_SEAL);
    expect(addSeals(unsealable, F_SEAL_SHRINK)).toBe(-Errno.EPERM);
    expect(getSeals(0)).toBeLessThan(0);
    close(unsealable);
  });
});

describe("addresses of ordinary arrays", () => {
  it("stay right through garbage and growth", () => {
    const fd = makeMemfd(4096);
    const arrays = Array.from({ length: 200 }, (_, index) => new Uint8Array(3).fill(index));
    const garbage: unknown[] = [];
    for (const [index, array] of arrays.entries()) {
      addressOf(array);
      garbage.push(new Array(10_000).fill(index));
      expect(pwriteBytes(fd, array, 3 * index)).toBe(3);
    }
    using memory = NativeMemory.mapShared(fd, 4096, 0);
    for (const [index, array] of arrays.entries()) {
      expect([...memory.bytes.subarray(3 * index, 3 * index + 3)]).toEqual([...array]);
      expect(addressOf(array.subarray(1))).toBe(addressOf(array) + 1);
    }
    close(fd);
  });

  it("are refused for detached ones", () => {
    const array = new Uint8Array(16);
    addressOf(array);
    structuredClone(array, { transfer: [array.buffer] });
    expect(() => addressOf(array)).toThrow(TypeError);
  });
});

it("everything works in a worker thread as well", async () => {
  const source = `
    import("@ninefold/native").then(async (native) => {
      const memory = native.NativeMemory.allocate(4096);
      const sync = native.openat(native.AT_FDCWD, "/missing", 0);
      const async = await native.asyncFiles.openat(native.AT_FDCWD, "/missing", 0);
      memory.close();
      require("node:worker_threads").parentPort.postMessage([sync, async]);
    });`;
  const execArgv = ["--conditions=@ninefold/source"];
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(source, { eval: true, execArgv });
    const answer = await new Promise((resolve, reject) =>
      worker.once("message", resolve).once("error", reject),
    );
    expect(answer).toEqual([-Errno.ENOENT, -Errno.ENOENT]);
    await worker.terminate();
  }
});
