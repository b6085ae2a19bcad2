import assert from "node:assert/strict";
import type { FsNode } from "@ninefold/core/contracts";
import { fails, made, makeFile } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Extended attributes. */
export function xattrs(suite: TreeSuite): void {
  const needs = ["xattrs"] as const;
  const nodes = async (root: FsNode): Promise<FsNode[]> => [
    await makeFile(root, "file"),
    await root.mkdir("folder", made(0o755)),
  ];

  suite.test(
    "are set, read, listed and removed, on files and directories",
    { needs },
    async ({ root, tuning }) => {
      const [one, two] = [`${tuning.xattrPrefix}one`, `${tuning.xattrPrefix}two`];
      for (const node of await nodes(root)) {
        const before = [...(await node.listXattrs())];
        await node.setXattr(one, Uint8Array.of(1, 0, 255), "set");
        await node.setXattr(two, new TextEncoder().encode("text"), "set");
        assert.deepEqual(await node.getXattr(one), Uint8Array.of(1, 0, 255));
        assert.deepEqual([...(await node.listXattrs())].sort(), [...before, one, two].sort());
        await node.removeXattr(one);
        await fails(node.getXattr(one), "ENODATA");
        assert.deepEqual([...(await node.listXattrs())].sort(), [...before, two].sort());
      }
    },
  );

  suite.test(
    "are read as they were when another value is set, and not as the caller's memory",
    { needs },
    async ({ root, tuning }) => {
      const name = `${tuning.xattrPrefix}name`;
      const node = await makeFile(root, "file");
      const value = new TextEncoder().encode("first");
      await node.setXattr(name, value, "set");
      value.fill(0);
      const read = await node.getXattr(name);
      assert.equal(new TextDecoder().decode(read), "first");
      read.fill(0);
      await node.setXattr(name, new TextEncoder().encode("2nd"), "set");
      assert.equal(new TextDecoder().decode(await node.getXattr(name)), "2nd");
      assert.deepEqual(
        [...(await node.listXattrs())].filter((each) => each === name),
        [name],
      );
    },
  );

  suite.test("create refuses what is there, replace what is not", { needs }, async ({ root, tuning }) => {
    const name = `${tuning.xattrPrefix}name`;
    const node = await makeFile(root, "file");
    await fails(node.setXattr(name, Uint8Array.of(1), "replace"), "ENODATA");
    await node.setXattr(name, Uint8Array.of(1), "create");
    await fails(node.setXattr(name, Uint8Array.of(2), "create"), "EEXIST");
    await node.setXattr(name, Uint8Array.of(3), "replace");
    assert.deepEqual(await node.getXattr(name), Uint8Array.of(3));
  });

  suite.test("what is not there is ENODATA", { needs }, async ({ root, tuning }) => {
    const node = await makeFile(root, "file");
    await fails(node.getXattr(`${tuning.xattrPrefix}absent`), "ENODATA");
    await fails(node.removeXattr(`${tuning.xattrPrefix}absent`), "ENODATA");
  });

  suite.test("an empty value is a value", { needs: ["xattrs", "xattrValues"] }, async ({ root, tuning }) => {
    const name = `${tuning.xattrPrefix}empty`;
    const node = await makeFile(root, "file");
    await node.setXattr(name, new Uint8Array(0), "set");
    assert.deepEqual(await node.getXattr(name), new Uint8Array(0));
    assert.ok((await node.listXattrs()).includes(name));
    await node.setXattr(name, new Uint8Array(0), "replace");
    assert.ok((await node.listXattrs()).includes(name));
  });

  suite.test("belong to the object, not to its name", { needs }, async ({ root, tuning }) => {
    const name = `${tuning.xattrPrefix}name`;
    const node = await makeFile(root, "a");
    await node.setXattr(name, Uint8Array.of(7), "set");
    await root.rename("a", root, "b");
    assert.deepEqual(await (await root.lookup("b")).getXattr(name), Uint8Array.of(7));
    await root.unlink("b", false);
    await fails((await makeFile(root, "b")).getXattr(name), "ENODATA");
  });

  suite.test("a value of 2,000 bytes, and a long name", { needs }, async ({ root, tuning }) => {
    const name = tuning.xattrPrefix + "n".repeat(200);
    const node = await makeFile(root, "file");
    const value = new Uint8Array(2000).map((_, i) => i & 0xff);
    await node.setXattr(name, value, "set");
    assert.deepEqual(await node.getXattr(name), value);
  });

  suite.test(
    "without extended attributes, all of it is EOPNOTSUPP",
    { without: "xattrs" },
    async ({ root, tuning }) => {
      const node = await makeFile(root, "file");
      const name = `${tuning.xattrPrefix}name`;
      await fails(node.getXattr(name), "EOPNOTSUPP");
      await fails(node.listXattrs(), "EOPNOTSUPP");
      await fails(node.setXattr(name, Uint8Array.of(1), "set"), "EOPNOTSUPP");
      await fails(node.removeXattr(name), "EOPNOTSUPP");
    },
  );
}
