import assert from "node:assert/strict";
import { errnoOf, OPEN } from "@ninefold/core/contracts";
import {
  bytesOf,
  made,
  makeFile,
  nameOf,
  namesIn,
  readBytes,
  readText,
  statOf,
  writeAll,
} from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Calls that are under way at once: the engine promises nothing, so a tree orders what it must. */
export function concurrency(suite: TreeSuite): void {
  suite.test("one of many that make a name EXCLUSIVE succeeds", {}, async ({ root }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        root.create("prize", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o644)).then(
          async ({ file }) => {
            await writeAll(file, 0, `winner ${i}`);
            await file.close();
            return "made";
          },
          (error: unknown) => nameOf(errnoOf(error)),
        ),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "made").length, 1, outcomes.join());
    assert.equal(outcomes.filter((outcome) => outcome === "EEXIST").length, 15, outcomes.join());
    assert.match(await readText(await root.lookup("prize")), /^winner \d+$/);
  });

  suite.test("names that are made and removed side by side", {}, async ({ root }) => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        await makeFile(root, `file-${i}`, `${i}`);
        await root.rename(`file-${i}`, root, `moved-${i}`);
        if (i % 2) await root.unlink(`moved-${i}`, false);
      }),
    );
    const names = await namesIn(root);
    assert.equal(names.length, 20);
    for (const name of names) assert.equal(await readText(await root.lookup(name)), name.slice(6));
  });

  suite.test("writes to different places of a file all count", {}, async ({ root }) => {
    const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
    const part = 5000;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => writeAll(file, i * part, new Uint8Array(part).fill(i + 1))),
    );
    assert.equal((await statOf(node)).size, 20 * part);
    const whole = await readBytes(file, 0, 20 * part);
    for (let i = 0; i < whole.length; i++) {
      if (whole[i] !== Math.floor(i / part) + 1) assert.fail(`byte ${i} is ${whole[i]}`);
    }
    await file.close();
  });

  suite.test("appends side by side lose nothing", {}, async ({ root }) => {
    const node = await makeFile(root, "log");
    const files = await Promise.all([1, 2, 3, 4].map(() => node.open(OPEN.WRITE | OPEN.APPEND)));
    await Promise.all(
      files.flatMap((file, i) =>
        Array.from({ length: 10 }, (_, round) => writeAll(file, 0, `${i}.${round}\n`)),
      ),
    );
    await Promise.all(files.map((file) => file.close()));
    const lines = (await readText(node)).trim().split("\n");
    assert.equal(lines.length, 40);
    assert.equal(new Set(lines).size, 40);
  });

  suite.test("a directory is either removed or filled, not both", {}, async ({ root }) => {
    for (let round = 0; round < 10; round++) {
      const folder = await root.mkdir("folder", made(0o755));
      const codes = await Promise.all([
        root.unlink("folder", true).then(
          () => "",
          (error: unknown) => nameOf(errnoOf(error)),
        ),
        folder.mkdir("inner", made(0o755)).then(
          () => "",
          (error: unknown) => nameOf(errnoOf(error)),
        ),
      ]);
      assert.equal(
        codes.filter((code) => code === "").length,
        1,
        `removed: "${codes[0]}", filled: "${codes[1]}"`,
      );
      if (codes[1] === "") await folder.unlink("inner", true);
      if (codes[0] !== "") await root.unlink("folder", true);
    }
  });

  suite.test("renames across each other make no ring", { needs: ["moves"] }, async ({ root }) => {
    const [a, b] = [await root.mkdir("a", made(0o755)), await root.mkdir("b", made(0o755))];
    const done = await Promise.allSettled([root.rename("a", b, "a"), root.rename("b", a, "b")]);
    assert.ok(done.some(({ status }) => status === "fulfilled"));
    assert.equal((await namesIn(root)).length, 1, "one of them is still in the root");
  });

  suite.test("reading while somebody renames", {}, async ({ root }) => {
    await makeFile(root, "here", "text");
    const file = await (await root.lookup("here")).open(OPEN.READ);
    let isMoving = true;
    const mover = (async () => {
      for (let i = 0; i < 30; i++) {
        await root.rename("here", root, "there");
        await root.rename("there", root, "here");
      }
      isMoving = false;
    })();
    let lookups = 0;
    while (isMoving) {
      const found = await root.lookup("here").catch((error: unknown) => nameOf(errnoOf(error)));
      if (typeof found === "string") assert.equal(found, "ENOENT");
      const room = bytesOf(new Uint8Array(4));
      assert.equal(await file.read(0, room), 4);
      lookups++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await mover;
    await file.close();
    assert.ok(lookups > 0);
  });
}
