import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LockOwner, type LockRange, OPEN } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { startProgram } from "./child.ts";
import { freshTree, isRoot, made, rootOf, treeOver, writeFile } from "./helpers.ts";

function owner(processId: number, session = "s1"): LockOwner {
  return { session, clientId: `guest-${session}`, processId };
}

function range(type: LockRange["type"], start = 0, length = 0): LockRange {
  return { type, start, length };
}

describe("locks of guests", () => {
  test("conflict between processes and never within one", async () => {
    const { root } = await freshTree();
    const file = await writeFile(root, "f", "0123456789");
    expect(await file.lock(owner(1), range("write", 0, 5))).toBe(true);
    expect(await file.lock(owner(1), range("read", 2, 5))).toBe(true);
    expect(await file.lock(owner(1), range("write", 0, 10))).toBe(true);
    expect(await file.lock(owner(2), range("read", 9, 1))).toBe(false);
    expect(await file.lock(owner(2), range("write", 10, 0))).toBe(true);
    expect(await file.lock(owner(1, "s2"), range("write", 0, 1))).toBe(false);
    expect(await file.getLock(owner(2), range("unlock", 3, 1))).toEqual({
      type: "write",
      start: 0,
      length: 10,
      clientId: "guest-s1",
      processId: 1,
    });
    expect(await file.lock(owner(1), range("unlock"))).toBe(true);
    expect(await file.lock(owner(2), range("write"))).toBe(true);
  });

  test("are shared for reading, on a second name as well", async () => {
    const { root } = await freshTree();
    const file = await writeFile(root, "f", "");
    await root.link("g", file);
    const second = await root.lookup("g");
    expect(await file.lock(owner(1), range("read"))).toBe(true);
    expect(await second.lock(owner(2), range("read"))).toBe(true);
    expect(await second.lock(owner(2), range("write"))).toBe(false);
    expect(await second.getLock(owner(2), range("write"))).toMatchObject({ type: "read", processId: 1 });
  });

  test("end with their session and leave no descriptors", async () => {
    const { root, tree } = await freshTree();
    const file = await writeFile(root, "f", "");
    const used = tree.descriptors.used;
    for (let i = 0; i < 10; i++) await file.lock(owner(i, i % 2 ? "s1" : "s2"), range("write", i, 1));
    expect(tree.descriptors.used).toBeGreaterThan(used);
    tree.releaseLocks("s1");
    expect(await file.getLock(owner(99), range("write", 1, 1))).toBeUndefined();
    expect(await file.lock(owner(99, "s3"), range("write", 0, 1))).toBe(false);
    tree.releaseLocks("s2");
    expect(await file.lock(owner(99, "s3"), range("write"))).toBe(true);
    await file.lock(owner(99, "s3"), range("unlock"));
    expect(tree.locked.size).toBe(0);
    expect(tree.descriptors.used).toBeLessThanOrEqual(used + 1);
  });

  test("hold between two trees over one folder", async () => {
    const { path, root } = await freshTree();
    const file = await writeFile(root, "f", "");
    const other = await (await rootOf(await treeOver(path))).lookup("f");
    expect(await file.lock(owner(1), range("write", 0, 10))).toBe(true);
    expect(await other.lock(owner(1), range("write", 5, 10))).toBe(false);
    expect(await other.getLock(owner(1), range("write", 5, 10))).toEqual({
      type: "write",
      start: 0,
      length: 10,
      clientId: "",
      processId: -1,
    });
    expect(await other.lock(owner(1), range("write", 10, 10))).toBe(true);
  });

  test("keep an unlinked file's node and its lock", async () => {
    const { root } = await freshTree({ descriptors: 16 });
    const file = await writeFile(root, "f", "");
    await file.lock(owner(1), range("write"));
    await root.unlink("f", false);
    for (let i = 0; i < 40; i++) await writeFile(root, `g${i}`, "");
    expect(await file.lock(owner(2), range("read"))).toBe(false);
  });

  test("work on files that are open for writing only, on read-only trees and on directories", async () => {
    const { path, root } = await freshTree();
    const { node, file } = await root.create("f", OPEN.WRITE, made(isRoot ? 0 : 0o600));
    expect(await node.lock(owner(1), range("read"))).toBe(true);
    await file.close();
    const readOnly = await (await rootOf(await treeOver(path, { readonly: true }))).lookup("f");
    expect(await readOnly.lock(owner(2), range("write"))).toBe(false);
    const d = await root.mkdir("d", made(0o755));
    expect(await d.lock(owner(1), range("write"))).toBe(true);
    expect(await d.lock(owner(2), range("write"))).toBe(false);
    await d.lock(owner(1), range("unlock"));
    expect(await d.lock(owner(2), range("write"))).toBe(true);
  });
});

describe("locks of host programs", () => {
  test("conflict with guests' in both directions", async () => {
    const { path, root } = await freshTree();
    writeFileSync(join(path, "f"), "0123456789");
    const file = await root.lookup("f");
    const holder = await startProgram("hold-lock", [join(path, "f"), "write", "2", "3"]);
    expect(holder.firstLine).toBe("held");
    expect(await file.lock(owner(1), range("read", 4, 1))).toBe(false);
    expect(await file.lock(owner(1), range("read", 5, 1))).toBe(true);
    expect(await file.getLock(owner(1), range("write"))).toEqual({
      type: "write",
      start: 2,
      length: 3,
      clientId: "",
      processId: -1,
    });
    const refused = await startProgram("hold-lock", [join(path, "f"), "write", "5", "1"]);
    expect(refused.firstLine).toBe("refused");
    holder.child.stdin?.end();
    await once(holder.child, "exit");
    expect(await file.lock(owner(1), range("write", 2, 3))).toBe(true);
    expect(await file.getLock(owner(1), range("write"))).toBeUndefined();
  });
});
