import { AGAIN, type FsFile, IoVec, OPEN } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { expect, test } from "vitest";
import { throttle } from "../src/index.ts";
import { Gate } from "../src/throttle/gate.ts";
import { mistakesIn, rootOf, wrapped } from "./helpers.ts";

async function fileOf(options: Record<string, unknown>, flags: number = OPEN.READ_WRITE): Promise<FsFile> {
  const tree = await wrapped(throttle, options, memoryTree({ files: { data: "x".repeat(100_000) } }));
  return (await (await rootOf(tree)).lookup("data")).open(flags);
}

const bytes = (length: number): IoVec => IoVec.of(new Uint8Array(length));

test("what is not limited answers at once, and as the file that it is", async () => {
  const inner = await memoryTree({ files: { data: "x" } });
  const plain = await (await (await rootOf(inner)).lookup("data")).open(OPEN.READ);
  const reader = await fileOf({ "bps-write": 1 }, OPEN.READ);
  expect(reader.constructor).toBe(plain.constructor);
  const both = await fileOf({ "bps-write": 1 });
  for (let i = 0; i < 10; i++) expect(both.tryRead?.(0, bytes(1000))).toBe(1000);
});

test("a read beyond the limit is AGAIN, and waits", async () => {
  const file = await fileOf({ "bps-read": 100_000 });
  expect(file.tryRead?.(0, bytes(10_000))).toBe(10_000);
  expect(file.tryRead?.(0, bytes(10_000))).toBe(10_000);
  expect(file.tryRead?.(0, bytes(10_000))).toBe(AGAIN);
  const began = performance.now();
  expect(await file.read(0, bytes(10_000))).toBe(10_000);
  // 20 000 were poured in, 10 000 may stay: the other 10 000 take 100 ms.
  expect(performance.now() - began).toBeGreaterThan(80);
});

test("requests of one way keep their order; the other way is not held up", async () => {
  const file = await fileOf({ "iops-read": 50, "iops-read-max": 50 });
  for (let i = 0; i < 52; i++) file.tryRead?.(0, bytes(1));
  const order: number[] = [];
  const reads = [1, 2, 3, 4].map((n) => file.read(0, bytes(n)).then(() => order.push(n)));
  expect(file.tryRead?.(0, bytes(1)), "behind those that wait").toBe(AGAIN);
  expect(file.tryWrite?.(0, bytes(1))).toBe(1);
  await Promise.all(reads);
  expect(order).toEqual([1, 2, 3, 4]);
});

test("bytes count that were moved, not those that were asked for", async () => {
  const file = await fileOf({ "bps-total": 1_000_000 });
  for (let i = 0; i < 20; i++) expect(file.tryRead?.(99_999, bytes(1_000_000))).toBe(1);
  for (let i = 0; i < 5; i++) expect(await file.read(99_999, bytes(1_000_000))).toBe(1);
  expect(file.tryRead?.(0, bytes(1))).toBe(1);
});

test("iops-size: a long request is several operations", () => {
  let now = 0;
  const gate = new Gate({ "iops-total": 100, "iops-size": 4096 }, () => now);
  gate.count("read", 4096 * 20);
  expect(gate.isOpen("read")).toBe(false);
  now += 101;
  expect(gate.isOpen("read")).toBe(true);
  for (let i = 0; i < 11; i++) gate.count("write", 100);
  expect(gate.isOpen("read"), "the total holds for both ways").toBe(false);
});

test.each<[Record<string, unknown>, string]>([
  [
    { "bps-total": 1, "bps-read": 1 },
    "bps-total: cannot be given beside bps-read; give the total, or one for each way",
  ],
  [
    { "iops-total": 1, "iops-write": 1 },
    "iops-total: cannot be given beside iops-write; give the total, or one for each way",
  ],
  [{ "bps-read-max": 5 }, "bps-read-max: needs bps-read, which is the rate after a burst"],
  [{ "bps-read": 9, "bps-read-max": 5 }, "bps-read-max: must be at least bps-read (9)"],
  [
    { "iops-read": 9, "iops-read-max-length": 5 },
    "iops-read-max-length: needs iops-read-max, the rate of the burst",
  ],
  [
    { "iops-size": 4096, "bps-read": 1 },
    "iops-size: needs a limit of operations beside it: iops-total, iops-read or iops-write",
  ],
  [
    { "bps-read": 1, "bps-read-max": 1e15, "bps-read-max-length": 2 },
    "bps-read-max-length: is too long for bps-read-max=1000000000000000",
  ],
  [{ "bps-read": "1e99" }, "bps-read: must be a size such as 512K, 64M or 2G from 0 to 1000000000000000"],
  [{ "iops-read-max-length": 0 }, "iops-read-max-length: must be a whole number from 1 to 1000000000000000"],
])("%j is refused as QEMU does, with the mend", async (options, expected) => {
  expect(await mistakesIn(throttle, options)).toEqual([expected]);
});

test("0 is no limit, as in QEMU", async () => {
  expect(await mistakesIn(throttle, { "bps-total": 0, "bps-read": 5, "bps-read-max": 0 })).toEqual([]);
});
