import { statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FsFile, IoVec, OPEN } from "@ninefold/core/contracts";
import { NativeMemory } from "@ninefold/native";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  folder,
  inMemory,
  made,
  readText,
  rootOf,
  statOf,
  textOf,
  treeOver,
  vec,
} from "./helpers.ts";

async function write(file: FsFile, offset: number, from: IoVec): Promise<number> {
  const now = file.tryWrite?.(offset, from) ?? -4096;
  return now === -4096 ? file.write(offset, from) : now;
}

async function read(file: FsFile, offset: number, into: IoVec): Promise<number> {
  const now = file.tryRead?.(offset, into) ?? -4096;
  return now === -4096 ? file.read(offset, into) : now;
}

async function fresh(below: string): Promise<{ path: string; file: FsFile }> {
  const path = folder(below);
  const root = await rootOf(await treeOver(path));
  const { file } = await root.create("f", OPEN.READ_WRITE, made(0o600));
  return { path: join(path, "f"), file };
}

describe.each([[tmpdir()], [inMemory]])("a file's data (below %s)", (below) => {
  test("go to and come from many pieces of memory, with and without addresses", async () => {
    const { file } = await fresh(below);
    using memory = NativeMemory.allocate(4096);
    memory.bytes.write("native");
    const from = vec("some ", 0, "text, ");
    from.push(memory.bytes, 0, 6, memory.address);
    from.push(memory.bytes, 2, 2, memory.address + 2);
    expect(await write(file, 3, from)).toBe(19);
    const into = new IoVec();
    into.push(memory.bytes, 100, 9, memory.address + 100);
    into.push(new Uint8Array(40), 10, 30, 0);
    expect(await read(file, 0, into)).toBe(22);
    expect(textOf(into, 22)).toBe("\0\0\0some text, nativeti");
    expect(await file.read(0, into)).toBe(22);
    await file.close();
  });

  test("survive more pieces than the kernel takes at once", async () => {
    const { file } = await fresh(below);
    const pieces = Array.from({ length: 3000 }, (_, i) => `${i % 10}`);
    expect(await write(file, 0, vec(...pieces))).toBe(3000);
    const into = vec(...pieces.map(() => 1));
    expect(await read(file, 0, into)).toBe(3000);
    expect(textOf(into, 3000)).toBe(pieces.join(""));
    expect(await file.read(1, into)).toBe(2999);
    expect(await file.write(10, vec(...pieces))).toBe(3000);
    await file.close();
  });

  test("are short at the end of the file only", async () => {
    const { path, file } = await fresh(below);
    writeFileSync(path, "x".repeat(10_000));
    expect(await read(file, 0, vec(4096, 4096, 4096))).toBe(10_000);
    expect(await read(file, 9_999, vec(1))).toBe(1);
    expect(await read(file, 10_000, vec(1))).toBe(0);
    expect(await read(file, 2 ** 50, vec(1))).toBe(0);
    expect(await file.read(2 ** 50, vec(1))).toBe(0);
    expect(await read(file, 0, vec(0))).toBe(0);
    expect(await write(file, 5, vec(""))).toBe(0);
    await file.close();
  });

  test("may be far out, and large in one piece", async () => {
    const { path, file } = await fresh(below);
    const far = 2 ** 40 + 5;
    expect(await write(file, far, vec("far"))).toBe(3);
    expect(statSync(path).size).toBe(far + 3);
    expect(await readText(file, far)).toBe("far");
    expect(await read(file, far - 5, vec(20))).toBe(8);
    const large = new Uint8Array(3 << 20).fill(7);
    expect(await write(file, 1, IoVec.of(large))).toBe(large.length);
    const back = IoVec.of(new Uint8Array(large.length));
    expect(await read(file, 1, back)).toBe(large.length);
    expect(back.bytes[0]!.every((byte) => byte === 7)).toBe(true);
    await file.close();
  });

  test("are refused beyond what a number or the file system can say", async () => {
    const { file } = await fresh(below);
    const edge = Number.MAX_SAFE_INTEGER;
    expect(await codeOf(file.write(edge - 1, vec("xyz")))).toBe("EFBIG");
    expect(file.tryWrite?.(edge - 1, vec("xyz"))).toBe(-27);
    expect(await read(file, edge - 1, vec(10))).toBe(0);
    await file.close();
  });

  test("are not had by the wrong kind of opening", async () => {
    const { path } = await fresh(below);
    writeFileSync(path, "text");
    const node = await (await rootOf(await treeOver(join(path, "..")))).lookup("f");
    const reading = await node.open(OPEN.READ);
    const writing = await node.open(OPEN.WRITE);
    expect(
      await codeOf(write(reading, 0, vec("x")).then((n) => (n < 0 ? Promise.reject({ code: n }) : n))),
    ).toMatch(/EBADF|-9/);
    expect(await codeOf(reading.write(0, vec("x")))).toBe("EBADF");
    expect(await codeOf(writing.read(0, vec(1)))).toBe("EBADF");
    await reading.close();
    await writing.close();
  });

  test("written with O_APPEND go to the end, with O_SYNC to the disk", async () => {
    const { path } = await fresh(below);
    writeFileSync(path, "0123456789");
    const node = await (await rootOf(await treeOver(join(path, "..")))).lookup("f");
    const file = await node.open(OPEN.WRITE | OPEN.APPEND | OPEN.SYNC | OPEN.DIRECT | OPEN.NO_ATIME);
    expect(file.tryWrite?.(2, vec("x"))).toBe(-4096);
    expect(await file.write(2, vec("xx"))).toBe(2);
    await file.fsync(true);
    await file.close();
    const again = await node.open(OPEN.READ);
    expect(await readText(again)).toBe("0123456789xx");
    await again.close();
  });

  test("change the version, each time", async () => {
    const { file, path } = await fresh(below);
    const node = await (await rootOf(await treeOver(join(path, "..")))).lookup("f");
    const versions = new Set<number>();
    for (let i = 0; i < 200; i++) {
      await write(file, 0, vec(`${i}`));
      versions.add((await statOf(node)).version);
    }
    expect(versions.size).toBe(200);
    await file.close();
  });
});

test("a file longer than a number can say is shown as long as one can", async () => {
  const path = folder(inMemory);
  writeFileSync(join(path, "f"), "");
  try {
    truncateSync(join(path, "f"), Number.MAX_SAFE_INTEGER);
  } catch {
    console.info("skipped: this file system has no such long files");
    return;
  }
  const root = await rootOf(await treeOver(path));
  const node = await root.lookup("f");
  expect((await statOf(node)).size).toBe(Number.MAX_SAFE_INTEGER);
  const file = await node.open(OPEN.READ_WRITE);
  expect(await read(file, Number.MAX_SAFE_INTEGER - 2, vec(10))).toBe(2);
  expect(await write(file, Number.MAX_SAFE_INTEGER - 2, vec("ab"))).toBe(2);
  await file.close();
});
