import assert from "node:assert/strict";
import type { FsNode, LockOwner, LockRange } from "@ninefold/core/contracts";
import { fails, makeFile } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

const owner = (processId: number, session = "s1"): LockOwner => ({ session, clientId: "guest", processId });
const range = (type: LockRange["type"], start = 0, length = 0): LockRange => ({ type, start, length });

async function take(
  node: FsNode,
  processId: number,
  type: LockRange["type"],
  start = 0,
  length = 0,
): Promise<boolean> {
  return node.lock(owner(processId), range(type, start, length));
}

/** Byte-range locks, with the rules of POSIX record locks. */
export function locks(suite: TreeSuite): void {
  const needs = ["locks"] as const;
  suite.test("writers exclude each other and readers share", { needs }, async ({ root }) => {
    const node = await makeFile(root, "file", "0123456789");
    assert.equal(await take(node, 1, "read"), true);
    assert.equal(await take(node, 2, "read"), true);
    assert.equal(await take(node, 2, "write"), false);
    assert.equal(await take(node, 1, "unlock"), true);
    assert.equal(await take(node, 2, "write"), true);
    assert.equal(await take(node, 1, "read"), false);
    assert.equal(await take(node, 2, "unlock"), true);
    assert.equal(await take(node, 1, "write"), true);
  });

  suite.test(
    "a process is never in its own way, by whatever name it comes",
    { needs: ["locks", "hardLinks"] },
    async ({ root }) => {
      const node = await makeFile(root, "one");
      await root.link("two", node);
      const other = await root.lookup("two");
      assert.equal(await take(node, 1, "write"), true);
      assert.equal(await take(other, 1, "write"), true);
      assert.equal(await take(other, 2, "write"), false);
      assert.equal(await take(other, 1, "unlock"), true);
      assert.equal(await take(node, 2, "write"), true);
    },
  );

  suite.test("ranges are apart, and are cut and joined", { needs }, async ({ root }) => {
    const node = await makeFile(root, "file");
    assert.equal(await take(node, 1, "write", 0, 100), true);
    assert.equal(await take(node, 2, "write", 100, 50), true);
    assert.equal(await take(node, 2, "read", 99, 1), false);
    assert.equal(await take(node, 1, "unlock", 40, 20), true);
    assert.equal(await take(node, 2, "write", 40, 20), true);
    assert.equal(await take(node, 2, "write", 39, 1), false);
    assert.equal(await take(node, 2, "write", 60, 1), false);
    assert.equal(await take(node, 1, "read", 0, 40), true);
    assert.equal(await take(node, 3, "read", 0, 40), true);
  });

  suite.test("a length of 0 reaches to the end, however far it moves", { needs }, async ({ root }) => {
    const node = await makeFile(root, "file");
    assert.equal(await take(node, 1, "write", 10, 0), true);
    assert.equal(await take(node, 2, "write", 0, 10), true);
    assert.equal(await take(node, 2, "write", 2 ** 40, 1), false);
  });

  suite.test("getLock names what is in the way, and nothing of one's own", { needs }, async ({ root }) => {
    const node = await makeFile(root, "file");
    await take(node, 1, "write", 5, 10);
    const held = await node.getLock(owner(2), range("read", 0, 20));
    assert.deepEqual([held?.type, held?.start, held?.length], ["write", 5, 10]);
    assert.equal(await node.getLock(owner(1), range("write", 0, 20)), undefined);
    assert.equal(await node.getLock(owner(2), range("write", 15, 1)), undefined);
  });

  suite.test("getLock names the guest's process", { needs: ["locks", "lockOwners"] }, async ({ root }) => {
    const node = await makeFile(root, "file");
    await node.lock(owner(77, "s2"), range("write"));
    const held = await node.getLock(owner(1), range("write"));
    assert.deepEqual([held?.clientId, held?.processId, held?.length], ["guest", 77, 0]);
  });

  suite.test(
    "equal processes of two sessions are two",
    { needs: ["locks", "lockOwners"] },
    async ({ tree, root }) => {
      const node = await makeFile(root, "file");
      assert.equal(await node.lock(owner(1, "s1"), range("write")), true);
      assert.equal(await node.lock(owner(1, "s2"), range("write")), false);
      tree.releaseLocks("s2");
      assert.equal(await node.lock(owner(1, "s2"), range("write")), false);
      tree.releaseLocks("s1");
      assert.equal(await node.lock(owner(1, "s2"), range("write")), true);
    },
  );

  suite.test(
    "without locks, lock is EOPNOTSUPP",
    { without: "locks", needs: ["direct"] },
    async ({ root }) => {
      const node = await makeFile(root, "file");
      await fails(take(node, 1, "write"), "EOPNOTSUPP");
      await fails(node.getLock(owner(1), range("write")), "EOPNOTSUPP");
    },
  );
}
