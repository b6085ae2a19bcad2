import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LockOwner, LockRange } from "../src/contracts/index.ts";
import { LockTable, MAX_LOCK_RANGES } from "../src/fs/lock-table.ts";

const alice: LockOwner = { session: "s1", clientId: "vm", processId: 1 };
const bob: LockOwner = { session: "s1", clientId: "vm", processId: 2 };
const carol: LockOwner = { session: "s2", clientId: "vm", processId: 1 };
const range = (type: LockRange["type"], start: number, length: number): LockRange => ({
  type,
  start,
  length,
});

describe("a lock table", () => {
  test("lets readers share and keeps writers apart", () => {
    const table = new LockTable();
    expect(table.apply(alice, range("read", 0, 10))).toBe(true);
    expect(table.apply(bob, range("read", 5, 10))).toBe(true);
    expect(table.apply(bob, range("write", 9, 1))).toBe(false);
    expect(table.apply(bob, range("write", 10, 5))).toBe(true);
    expect(table.apply(alice, range("read", 14, 1))).toBe(false);
  });

  test("never sets an owner against itself: a new lock replaces, splits and joins its own", () => {
    const table = new LockTable();
    table.apply(alice, range("write", 0, 100));
    table.apply(alice, range("read", 40, 20));
    expect(table.apply(bob, range("read", 40, 20))).toBe(true);
    expect(table.conflict(bob, range("read", 0, 100))).toMatchObject({ type: "write", start: 0, length: 40 });
    expect(table.conflict(bob, range("write", 40, 20))).toMatchObject({
      type: "read",
      start: 40,
      length: 20,
    });
    table.apply(bob, range("unlock", 0, 0));
    table.apply(alice, range("write", 40, 20));
    expect(table.conflict(bob, range("read", 99, 1))).toMatchObject({ start: 0, length: 100 });
  });

  test("takes length 0 as to the end of the file, and reports it so", () => {
    const table = new LockTable();
    table.apply(alice, range("write", 10, 0));
    expect(table.apply(bob, range("write", Number.MAX_SAFE_INTEGER - 1, 1))).toBe(false);
    expect(table.apply(bob, range("write", 0, 10))).toBe(true);
    expect(table.conflict(bob, range("write", 50, 1))).toEqual({
      type: "write",
      start: 10,
      length: 0,
      clientId: "vm",
      processId: 1,
    });
    table.apply(alice, range("unlock", 20, 0));
    expect(table.conflict(bob, range("write", 10, 0))).toMatchObject({ start: 10, length: 10 });
  });

  test("tells the same process of two sessions apart, and forgets a session as a whole", () => {
    const table = new LockTable();
    table.apply(alice, range("write", 0, 1));
    table.apply(bob, range("write", 1, 1));
    expect(table.apply(carol, range("write", 0, 1))).toBe(false);
    table.releaseSession("s1");
    expect(table.isEmpty).toBe(true);
    expect(table.apply(carol, range("write", 0, 2))).toBe(true);
  });

  test("answers a question of type unlock as one for a write lock, as Linux's client needs", () => {
    const table = new LockTable();
    table.apply(alice, range("read", 0, 1));
    expect(table.conflict(bob, range("unlock", 0, 1))).toMatchObject({ type: "read" });
    expect(table.conflict(alice, range("unlock", 0, 1))).toBeUndefined();
  });

  test("is bounded", { timeout: 20_000 }, () => {
    const table = new LockTable();
    table.apply(alice, range("write", 0, 0));
    const split = (): void => {
      for (let i = 0; i <= MAX_LOCK_RANGES; i++) table.apply(alice, range("unlock", 2 * i, 1));
    };
    expect(split).toThrow(expect.objectContaining({ code: "ENOLCK" }));
    expect(table.apply(alice, range("unlock", 0, 0))).toBe(true);
    expect(table.isEmpty).toBe(true);
  });

  test("agrees with a table of single bytes", () => {
    const owners = [alice, bob, carol];
    const step = fc.record({
      who: fc.nat(2),
      type: fc.constantFrom("read" as const, "write" as const, "unlock" as const),
      start: fc.nat(19),
      length: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new LockTable();
        const model = owners.map(() => new Array<string>(28).fill("unlock"));
        for (const { who, type, start, length } of steps) {
          const bytes = Array.from({ length }, (_, i) => start + i);
          const free = bytes.every((byte) =>
            model.every(
              (mine, other) =>
                other === who ||
                mine[byte] === "unlock" ||
                type === "unlock" ||
                (type === "read" && mine[byte] === "read"),
            ),
          );
          expect(table.apply(owners[who]!, { type, start, length })).toBe(free);
          if (free) for (const byte of bytes) model[who]![byte] = type;
        }
        owners.forEach((owner, who) => {
          for (let byte = 0; byte < 28; byte++) {
            const others = model.filter((_, other) => other !== who).map((mine) => mine[byte]);
            const held = table.conflict(owner, range("write", byte, 1));
            expect(held !== undefined).toBe(others.some((type) => type !== "unlock"));
          }
        });
      }),
    );
  });
});
