import assert from "node:assert/strict";
import {
  AGAIN,
  Attributes,
  ERRNO,
  errnoOf,
  type FsFile,
  type FsNode,
  type IoVec,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import {
  addSample,
  bytesOf,
  collector,
  type Entry,
  made,
  makeFile,
  readEntries,
  statOf,
} from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** What answers at once must answer as what is awaited. AGAIN is always allowed. */
export function tryForms(suite: TreeSuite): void {
  const rules = { needs: ["direct"], on: "any" } as const;
  suite.test("tryStat tells what stat tells", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    for (const node of [root, await root.lookup("folder"), await root.lookup("hello.txt")]) {
      const now = new Attributes();
      const status = answers(() => node.tryStat?.(now));
      if (status === AGAIN) continue;
      assert.equal(status, 0);
      assert.deepEqual({ ...now }, { ...(await statOf(node)) });
    }
  });

  suite.test("tryLookup finds what lookup finds, and says the same errno", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    const file = await root.lookup("hello.txt");
    for (const [directory, name] of [
      [root, "folder"],
      [root, "hello.txt"],
      [root, "absent"],
      [file, "x"],
    ] as const) {
      const now = answers(() => directory.tryLookup?.(name));
      if (now === AGAIN) continue;
      const later = await directory.lookup(name).catch((error: unknown) => -errnoOf(error));
      if (typeof now === "number" || typeof later === "number") assert.equal(now, later, name);
      else assert.deepEqual((await statOf(now)).inodeLow, (await statOf(later)).inodeLow);
      for (const node of [now, later]) if (typeof node !== "number") node.release();
    }
  });

  suite.test("tryOpen opens what open opens, and refuses the same", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    const nodes = [root, await root.lookup("hello.txt")];
    for (const node of nodes) {
      for (const flags of [OPEN.READ, OPEN.WRITE, OPEN.READ_WRITE, OPEN.READ | OPEN.DIRECTORY]) {
        const now = answers(() => node.tryOpen?.(flags));
        if (now === AGAIN) continue;
        const later = await node.open(flags).catch((error: unknown) => -errnoOf(error));
        assert.equal(
          typeof now === "number" ? now : "open",
          typeof later === "number" ? later : "open",
          `flags ${flags}`,
        );
        for (const file of [now, later]) if (typeof file !== "number") await file.close();
      }
    }
  });

  suite.test("tryRead reads what read reads", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    const file = await (await root.lookup("hello.txt")).open(OPEN.READ);
    for (const [offset, length] of [
      [0, 6],
      [2, 2],
      [0, 100],
      [6, 10],
      [1000, 10],
      [0, 0],
    ] as const) {
      const [now, later] = [bytesOf(new Uint8Array(length), 3), bytesOf(new Uint8Array(length), 2)];
      const status = answers(() => file.tryRead?.(offset, now));
      if (status === AGAIN) continue;
      assert.equal(status, await file.read(offset, later));
      assert.deepEqual(bytes(now), bytes(later));
    }
    await closeNow(file);
  });

  suite.test("tryRead and tryWrite refuse as read and write do", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    const directory = await root.open(OPEN.READ);
    const now = answers(() => directory.tryRead?.(0, bytesOf("room")));
    if (now !== AGAIN) assert.equal(now, -(await errnoFrom(directory.read(0, bytesOf("room")))));
    await directory.close();
    const reader = await (await root.lookup("hello.txt")).open(OPEN.READ);
    const refused = answers(() => reader.tryWrite?.(0, bytesOf("x")));
    if (refused !== AGAIN) assert.equal(refused, -(await errnoFrom(reader.write(0, bytesOf("x")))));
    await reader.close();
  });

  suite.test("tryWrite writes what write writes", { needs: ["direct"] }, async ({ root }) => {
    const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
    const status = answers(() => file.tryWrite?.(3, bytesOf("text", 2)));
    if (status !== AGAIN) {
      assert.equal(status, 4);
      assert.equal((await statOf(node)).size, 7);
      const room = bytesOf(new Uint8Array(10));
      assert.equal(await file.read(0, room), 7);
      assert.deepEqual([...bytes(room).subarray(0, 7)], [0, 0, 0, ...new TextEncoder().encode("text")]);
    }
    await closeNow(file);
  });

  suite.test("tryReaddir lists what readdir lists", rules, async ({ tree, root }) => {
    await addSample(tree, root);
    const file = await root.open(OPEN.READ);
    for (const room of [Number.POSITIVE_INFINITY, 2, 0]) {
      const now: Entry[] = [];
      const status = answers(() => file.tryReaddir?.(0, 0, collector(now, room)));
      if (status === AGAIN) {
        assert.deepEqual(now, [], "AGAIN gives nothing to the sink");
        continue;
      }
      assert.equal(status, 0);
      assert.deepEqual(now, await readEntries(file, [0, 0], room));
    }
    await closeNow(file);
  });

  suite.test("references from try forms are counted as others", { needs: ["direct"] }, async ({ root }) => {
    await makeFile(root, "file", "text");
    for (let round = 0; round < 3; round++) {
      const node = answers(() => root.tryLookup?.("file")) as FsNode | Status;
      if (typeof node === "number") return;
      assert.equal((await statOf(node)).size, 4);
      node.release();
    }
  });
}

/** Its answer, or AGAIN when there is no such form. A try form never throws. */
function answers<Answer>(ask: () => Answer | undefined): Answer | typeof AGAIN {
  try {
    const answer = ask();
    if (answer === undefined) return AGAIN;
    assert.ok(!(answer instanceof Promise), "a try form answers in the same turn");
    if (typeof answer === "number" && answer < 0 && answer !== AGAIN) {
      assert.ok((Object.values(ERRNO) as number[]).includes(-answer), `${answer} is no errno`);
    }
    return answer;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return assert.fail(`a try form threw ${String(error)}`);
  }
}

async function closeNow(file: FsFile): Promise<void> {
  const status = answers(() => file.tryClose?.());
  if (status === AGAIN) return file.close();
  assert.equal(status, 0);
}

function bytes(vec: IoVec): Uint8Array {
  const all = new Uint8Array(vec.length);
  vec.gather(0, all, 0, all.length);
  return all;
}

async function errnoFrom(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 0,
    (error: unknown) => errnoOf(error),
  );
}
