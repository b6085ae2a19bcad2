import assert from "node:assert/strict";
import { decodeName } from "@ninefold/core/contracts";
import { addSample, fails, made, makeFile, namesIn, readText, sameObject, statOf } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Roots, names that are looked up, and the way back. */
export function walking(suite: TreeSuite): void {
  suite.test("the root is a directory, and its own parent", { on: "any" }, async ({ root }) => {
    assert.ok((await statOf(root)).isDirectory);
    assert.ok(await sameObject(root.parent(), root));
  });

  suite.test("each attach gives the same root", { on: "any", needs: ["direct"] }, async ({ tree, root }) => {
    const other = await tree.attach("", { name: "other", uid: -1 });
    assert.ok(await sameObject(root, other));
    other.release();
    assert.ok((await statOf(root)).isDirectory, "the other's release takes nothing from this one");
  });

  suite.test("names lead to files, one component at a time", { on: "any" }, async ({ tree, root }) => {
    await addSample(tree, root);
    assert.deepEqual((await namesIn(root)).sort(), ["empty", "folder", "hello.txt"]);
    const folder = await root.lookup("folder");
    const deep = await folder.lookup("deep");
    assert.equal(await readText(await root.lookup("hello.txt")), "hello\n");
    assert.equal(await readText(await root.lookup("empty")), "");
    assert.equal(await readText(await folder.lookup("inner.txt")), "inside\n");
    assert.equal(await readText(await deep.lookup("leaf")), "leaf\n");
    assert.ok(await sameObject(deep.parent(), folder));
    assert.ok(await sameObject(folder.parent(), root));
    assert.equal(deep.name, "deep");
  });

  suite.test("a name that is not there is ENOENT", { on: "any" }, async ({ tree, root }) => {
    await addSample(tree, root);
    await fails(root.lookup("absent"), "ENOENT");
    await fails((await root.lookup("folder")).lookup("hello.txt"), "ENOENT");
  });

  suite.test("a file has no names in it: ENOTDIR", { on: "any" }, async ({ tree, root }) => {
    await addSample(tree, root);
    await fails((await root.lookup("hello.txt")).lookup("x"), "ENOTDIR");
  });

  suite.test("names differ by case", {}, async ({ root }) => {
    await makeFile(root, "Name", "upper");
    await makeFile(root, "name", "lower");
    assert.equal(await readText(await root.lookup("Name")), "upper");
    assert.equal(await readText(await root.lookup("name")), "lower");
  });

  suite.test("a node is usable as long as somebody holds it", {}, async ({ root }) => {
    const made = await makeFile(root, "held", "text");
    const again = await root.lookup("held");
    made.retain();
    made.release();
    made.release();
    again.retain();
    again.release();
    assert.equal(await readText(again), "text");
    again.release();
    assert.equal(await readText(await root.lookup("held")), "text");
  });

  suite.test("deep paths", {}, async ({ root }) => {
    let at = root;
    for (let depth = 0; depth < 40; depth++) at = await at.mkdir(`level-${depth}`, made(0o755));
    await makeFile(at, "bottom", "deep");
    let down = root;
    for (let depth = 0; depth < 40; depth++) down = await down.lookup(`level-${depth}`);
    assert.equal(await readText(await down.lookup("bottom")), "deep");
    let up = down;
    for (let depth = 0; depth < 40; depth++) up = up.parent();
    assert.ok(await sameObject(up, root));
  });
}

/** Names that a careless driver loses: other alphabets, bytes that are no text, spaces, the longest. */
export function names(suite: TreeSuite): void {
  const keep = (name: string) => async (root: Parameters<typeof makeFile>[0]) => {
    await makeFile(root, name, "content");
    assert.deepEqual(await namesIn(root), [name]);
    assert.equal(await readText(await root.lookup(name)), "content");
    await root.rename(name, root, "plain");
    await root.rename("plain", root, name);
    assert.deepEqual(await namesIn(root), [name]);
    await root.unlink(name, false);
    assert.deepEqual(await namesIn(root), []);
  };
  const kept = {
    "with spaces, quotes and newlines": " a 'b' \"c\" \n\\ ",
    "of other alphabets": "żółć 名前 🗂️",
    "of both normal forms": "e\u0301 \u00e9",
    "with a dash or dots in front": "-...rf",
    "like numbers and __proto__": "__proto__",
  };
  for (const [what, name] of Object.entries(kept)) {
    suite.test(`names ${what} are kept`, {}, ({ root }) => keep(name)(root));
  }

  suite.test("both normal forms of a letter are two names", {}, async ({ root }) => {
    await makeFile(root, "e\u0301", "two code points");
    await makeFile(root, "\u00e9", "one");
    assert.equal(await readText(await root.lookup("e\u0301")), "two code points");
    assert.equal((await namesIn(root)).length, 2);
  });

  suite.test("names that are no UTF-8 are kept, or refused", {}, async ({ root, tuning }) => {
    const name = decodeName(Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0x80), 0, 5);
    if (tuning.anyBytesInNames) return keep(name)(root);
    await fails(makeFile(root, name), "EINVAL");
  });

  suite.test("the longest name is kept, a longer one is refused", {}, async ({ root, tuning }) => {
    await keep("n".repeat(tuning.nameLength))(root);
    if (tuning.nameLength < 255) await fails(makeFile(root, "n".repeat(255)), "ENAMETOOLONG");
  });
}
