import type { LockOwner, LockRange } from "@ninefold/core/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { LockTable } from "../src/locks/lock-table.ts";

const SIZE = 24;
const key = { id: new Uint8Array([1]), path: [] };
const owners: readonly LockOwner[] = [0, 1, 2].map((processId) => ({
  session: processId === 2 ? "other" : "one",
  clientId: "c",
  processId,
}));

const anyStep = fc.record({
  owner: fc.nat(2),
  type: fc.constantFrom("read" as const, "write" as const, "unlock" as const),
  start: fc.nat(SIZE - 7),
  length: fc.nat(6),
});

/** Byte by byte: who holds it, and how. The last one stands for everything behind. */
type Model = Map<number, "read" | "write">[];

function bytesOf({ start, length }: LockRange): number[] {
  const all = Array.from({ length: SIZE + 1 }, (_, i) => i);
  return all.filter((i) => i >= start && (length === 0 || i < start + length));
}

it("agrees with a table that has every byte", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
      const table = new LockTable();
      const model: Model = Array.from({ length: SIZE + 1 }, () => new Map());
      for (const { owner, ...range } of steps) {
        const bytes = bytesOf(range);
        const isBlocked = bytes.some((i) =>
          [...(model[i] ?? [])].some(
            ([other, type]) =>
              other !== owner && range.type !== "unlock" && (type === "write" || range.type === "write"),
          ),
        );
        expect(table.set(key, owners[owner]!, range)).toBe(!isBlocked);
        if (isBlocked) continue;
        for (const i of bytes) {
          if (range.type === "unlock") model[i]?.delete(owner);
          else model[i]?.set(owner, range.type);
        }
      }
      for (const [i, holders] of model.entries()) {
        const found = table.find(
          key,
          { session: "", clientId: "", processId: 9 },
          { type: "write", start: i, length: 1 },
        );
        expect(found === undefined).toBe(holders.size === 0);
        if (found !== undefined) expect(holders.get(found.processId)).toBe(found.type);
      }
    }),
    { numRuns: 300 },
  );
});

it("joins neighbours, and gives records of one session", () => {
  const table = new LockTable();
  for (let start = 0; start < 1000; start++) {
    table.set(key, owners[0]!, { type: "write", start: (start * 7) % 1000, length: 1 });
  }
  table.set(key, owners[2]!, { type: "write", start: 1000, length: 0 });
  expect(table.records("one")).toEqual([{ key, owner: owners[0], type: "write", start: 0, length: 1000 }]);
  table.release("one");
  expect(table.records("one")).toEqual([]);
  expect(table.records("other")).toHaveLength(1);
});

it("is full at some time, and then still unlocks", () => {
  const table = new LockTable();
  const fill = (): void => {
    for (let i = 0; i < 70_000; i++) {
      table.set({ id: new Uint8Array([i >> 16, i >> 8, i]), path: [] }, owners[0]!, {
        type: "read",
        start: 0,
        length: 1,
      });
    }
  };
  expect(fill).toThrow("too many locks");
  expect(
    table.set({ id: new Uint8Array([0, 0, 0]), path: [] }, owners[0]!, {
      type: "unlock",
      start: 0,
      length: 0,
    }),
  ).toBe(true);
});
