import assert from "node:assert/strict";
import { OPEN } from "@ninefold/core/contracts";
import { foreignNode } from "./foreign-node.ts";
import { fails, made, makeFile, readText, sameObject } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Keys, by which a node is found again. */
export function keys(suite: TreeSuite): void {
  const needs = ["keys"] as const;
  suite.test("a key leads to its node, wherever that went", { needs }, async ({ tree, root }) => {
    const folder = await root.mkdir("folder", made(0o755));
    const node = await makeFile(folder, "file", "text");
    const key = structuredClone(node.key());
    assert.deepEqual(key.path, ["folder", "file"]);
    assert.equal(await readText(await tree.find(key)), "text");
    await folder.rename("file", folder, "moved");
    // The path in a key is a hint; a node that was found or renamed through this tree is known by its id.
    const found = await tree.find(node.key());
    assert.ok(await sameObject(found, node));
    found.release();
    assert.ok(await sameObject(await tree.find(root.key()), root));
    assert.ok(await sameObject(await tree.find(folder.key()), folder));
  });

  suite.test(
    "ids are short, the same for an object, and different for others",
    { needs },
    async ({ root }) => {
      const ids = new Set<string>();
      for (let i = 0; i < 10; i++) {
        const node = await makeFile(root, `${i}`);
        const id = Buffer.from(node.key().id);
        assert.ok(id.length > 0 && id.length <= 64, `an id of ${id.length} bytes`);
        assert.deepEqual(Buffer.from((await root.lookup(`${i}`)).key().id), id);
        ids.add(id.toString("hex"));
      }
      assert.equal(ids.size, 10);
    },
  );

  suite.test(
    "what is gone is ESTALE, also when its name is used again",
    { needs },
    async ({ tree, root }) => {
      const node = await makeFile(root, "file", "old");
      const key = structuredClone(node.key());
      node.release();
      await root.unlink("file", false);
      await fails(tree.find(key), "ESTALE");
      await makeFile(root, "file", "new");
      await fails(tree.find(key), "ESTALE");
    },
  );

  suite.test("a key that nobody gave out is ESTALE", { needs }, async ({ tree, root }) => {
    await makeFile(root, "file");
    for (const id of [new Uint8Array(0), new Uint8Array(16), new Uint8Array(64).fill(255)]) {
      await fails(tree.find({ id, path: ["file"] }), "ESTALE");
    }
  });

  suite.test("a node of another tree is EXDEV", { needs: ["direct", "hardLinks"] }, async ({ root }) => {
    await makeFile(root, "file");
    await fails(root.link("x", foreignNode), "EXDEV");
    await fails(root.rename("file", foreignNode, "x"), "EXDEV");
  });

  suite.test("a key is of no use to an open file, which needs none", { needs }, async ({ tree, root }) => {
    const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
    const found = await tree.find(node.key());
    await file.close();
    assert.ok(await sameObject(found, node));
  });
}
