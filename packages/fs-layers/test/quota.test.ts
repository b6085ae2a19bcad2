import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ERRNO, errnoOf, FsError, type FsFile, type FsNode, IoVec, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { memoryTree } from "@ninefold/fs-memory";
import { afterEach, expect, test } from "vitest";
import { quota } from "../src/index.ts";
import { openQuota, type QuotaTree } from "../src/quota/quota-tree.ts";
import { environment, mistakesIn, rootOf } from "./helpers.ts";

const K = 1024;
const made = (mode: number) => ({ mode, uid: -1, gid: -1 });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function options(given: Record<string, unknown>) {
  const checked = await quota.schema["~standard"].validate({ rescan: 0, ...given });
  if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

/** A quota around a folder, which may have something in it already. */
async function folder(
  given: Record<string, unknown>,
  path?: string,
): Promise<{ tree: QuotaTree; path: string }> {
  const at = path ?? mkdtempSync(join(tmpdir(), "ninefold-quota-"));
  if (path === undefined) closers.push(() => rmSync(at, { recursive: true }));
  const plain = { path: at, security_model: "none", readonly: false, multidevs: "remap" } as const;
  const tree = await openQuota(await localFs.open(plain, environment), await options(given), environment);
  closers.push(() => tree.close());
  return { tree, path: at };
}

async function create(directory: FsNode, name: string): Promise<FsFile> {
  const { node, file } = await directory.create(name, OPEN.READ_WRITE, made(0o644));
  node.release();
  return file;
}

const errno = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error: unknown) => errnoOf(error),
  );

const vec = (length: number): IoVec => IoVec.of(new Uint8Array(length).fill(120));

/** Writes as the engine does: at once if that goes. */
async function write(file: FsFile, offset: number, length: number): Promise<number> {
  const done = file.tryWrite?.(offset, vec(length)) ?? -4096;
  return done === -4096 ? file.write(offset, vec(length)) : done;
}

/** What a count from the beginning finds. */
async function recounted(tree: QuotaTree): Promise<{ space: number; files: number }> {
  const again = await openQuota(
    tree.inner,
    await options({ "max-space": "1T", "max-files": 1e9 }),
    environment,
  );
  const { space, files } = again.ledger.usage;
  return { space, files };
}

async function counted(tree: QuotaTree): Promise<{ space: number; files: number }> {
  await tree.ledger.settleAll();
  const { space, files } = tree.ledger.usage;
  return { space, files };
}

test("writes end at max-space: a part of the last one, then ENOSPC; what is freed can be used again", async () => {
  const { tree } = await folder({ "max-space": 100 * K });
  const root = await rootOf(tree);
  const file = await create(root, "big");
  let total = 0;
  for (;;) {
    const done = await write(file, total, 24 * K).catch((error: unknown) => -errnoOf(error));
    if (done < 0) {
      expect(done).toBe(-ERRNO.ENOSPC);
      break;
    }
    total += done;
  }
  const before = (await counted(tree)).space;
  expect(before).toBeLessThanOrEqual(100 * K);
  expect(before).toBeGreaterThan(92 * K);
  expect(await write(file, 0, 24 * K), "what is there can be written again").toBe(24 * K);
  const statistics = await tree.statfs(root);
  expect(statistics.blocksFree * statistics.blockSize).toBeLessThan(8 * K);
  expect(statistics.blocks * statistics.blockSize).toBe(100 * K);
  await file.close();
  await root.unlink("big", false);
  expect((await tree.statfs(root)).blocksFree * statistics.blockSize).toBeGreaterThan(90 * K);
  const next = await create(root, "next");
  expect(await write(next, 0, 64 * K)).toBe(64 * K);
  await next.close();
});

test("EDQUOT is said when that is asked for; max-files holds for all kinds", async () => {
  const { tree } = await folder({ "max-files": 4, errno: "EDQUOT" });
  const root = await rootOf(tree);
  (await root.mkdir("folder", made(0o755))).release();
  (await root.symlink("link", "folder", made(0o777))).release();
  (await root.mknod("fifo", 0, made(0o010644))).release();
  await (await create(root, "file")).close();
  expect(await errno(root.mkdir("more", made(0o755)))).toBe(ERRNO.EDQUOT);
  expect(await errno(create(root, "more"))).toBe(ERRNO.EDQUOT);
  await (await create(root, "file")).close();
  expect(await errno(root.link("other-name", await root.lookup("file"))), "a name is no file").toBe(0);
  await root.unlink("file", false);
  expect(await errno(root.mkdir("more", made(0o755))), "it has another name").toBe(ERRNO.EDQUOT);
  expect((await tree.statfs(root)).filesFree).toBe(0);
  await root.unlink("fifo", false);
  (await root.mkdir("more", made(0o755))).release();
  expect(await counted(tree)).toMatchObject({ files: 4 });
});

test("the last two places are had by two who make files at once, whenever the second begins", async () => {
  const inner = await memoryTree();
  for (let turns = 0; turns < 40; turns++) {
    const tree = await openQuota(inner, await options({ "max-files": 2 }), environment);
    const [root, other] = [await rootOf(tree), await rootOf(tree)];
    const first = create(root, "first");
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const second = create(other, "second");
    for (const file of [await first, await second]) await file.close();
    expect(await errno(create(root, "third"))).toBe(ERRNO.ENOSPC);
    for (const name of ["first", "second"]) await root.unlink(name, false);
  }
});

test("max-open-files: each opening counts, EMFILE beyond, also of what is created", async () => {
  const { tree } = await folder({ "max-open-files": 2 });
  const root = await rootOf(tree);
  const one = await create(root, "one");
  const node = await root.lookup("one");
  const two = await node.open(OPEN.READ);
  expect(await errno(node.open(OPEN.READ))).toBe(ERRNO.EMFILE);
  expect(node.tryOpen?.(OPEN.READ)).toBe(-ERRNO.EMFILE);
  expect(await errno(create(root, "three"))).toBe(ERRNO.EMFILE);
  await two.close();
  expect(one.tryClose?.()).toBe(0);
  for (let i = 0; i < 10; i++) await (await node.open(OPEN.READ)).close();
});

test("a file without a name is counted as long as somebody holds it", async () => {
  const { tree } = await folder({ "max-space": 100 * K, "max-files": 10 });
  const root = await rootOf(tree);
  const file = await create(root, "file");
  await write(file, 0, 80 * K);
  const held = await root.lookup("file");
  await root.unlink("file", false);
  await file.close();
  const other = await create(root, "other");
  expect(await write(other, 0, 40 * K), "only what is left").toBeLessThan(20 * K);
  expect(await errno(write(other, 20 * K, 40 * K))).toBe(ERRNO.ENOSPC);
  held.release();
  expect(await write(other, 20 * K, 40 * K)).toBe(40 * K);
  await other.close();
  expect(await counted(tree)).toEqual(await recounted(tree));
  expect(tree.ledger.usage).toMatchObject({ heldFiles: 0, heldSpace: 0, reservedSpace: 0, unsettled: 0 });
});

test("holes take nothing; truncating gives back; a hard link is counted once", async () => {
  const { tree } = await folder({ "max-space": 200 * K });
  const root = await rootOf(tree);
  const file = await create(root, "sparse");
  await write(file, 100 * 1024 * K, 4 * K);
  const node = await root.lookup("sparse");
  await node.setattr({ size: 1024 ** 3 }, undefined);
  expect((await counted(tree)).space).toBeLessThan(20 * K);
  await write(file, 0, 64 * K);
  await root.link("again", node);
  expect(await counted(tree)).toEqual(await recounted(tree));
  await node.setattr({ size: 0 }, file);
  await file.close();
  expect((await counted(tree)).space).toBeLessThan(16 * K);
  await root.unlink("sparse", false);
  expect(await counted(tree)).toEqual(await recounted(tree));
});

test("after a restart the count is what it was", async () => {
  const first = await folder({ "max-space": "1M" });
  const root = await rootOf(first.tree);
  const folderNode = await root.mkdir("folder", made(0o755));
  for (const name of ["a", "b"]) {
    const file = await create(folderNode, name);
    await write(file, 0, 100 * K);
    await file.close();
  }
  const before = await counted(first.tree);
  const second = await folder({ "max-space": "1M" }, first.path);
  expect(await counted(second.tree)).toEqual(before);
});

test("what the host changes is noticed at the next count, also of what a guest holds", async () => {
  const { tree, path } = await folder({ "max-space": "1M", "max-files": 100 });
  const root = await rootOf(tree);
  const file = await create(root, "guest");
  await write(file, 0, 10 * K);
  writeFileSync(join(path, "host"), "x".repeat(300 * K));
  writeFileSync(join(path, "guest"), "x".repeat(100 * K));
  await tree.recount();
  expect(await counted(tree)).toEqual(await recounted(tree));
  expect((await counted(tree)).space).toBeGreaterThanOrEqual(400 * K);
  truncateSync(join(path, "host"), 0);
  rmSync(join(path, "guest"));
  await tree.recount();
  expect(await counted(tree)).toEqual(await recounted(tree));
  await file.close();
});

test("auto-delete: the oldest that are not open make room", async () => {
  const { tree } = await folder({ "max-space": 200 * K, "auto-delete": "on" });
  const root = await rootOf(tree);
  const names = ["oldest", "open", "older", "newest"];
  for (const [index, name] of names.entries()) {
    const file = await create(root, name);
    await write(file, 0, 40 * K);
    await file.close();
    const node = await root.lookup(name);
    await node.setattr({ mtime: { sec: 1000 + index, nsec: 0 } }, undefined);
    node.release();
  }
  const opened = await (await root.lookup("open")).open(OPEN.READ);
  const file = await create(root, "new");
  for (let at = 0; at < 100 * K; at += 20 * K) expect(await write(file, at, 20 * K)).toBe(20 * K);
  const left = [];
  for (const name of [...names, "new"]) if ((await errno(root.lookup(name))) === 0) left.push(name);
  expect(left).toEqual(["open", "newest", "new"]);
  expect(await errno(write(file, 100 * K, 200 * K)), "the rest of what fits").toBe(0);
  expect(await errno(write(file, 300 * K, 20 * K)), "nothing is left to delete").toBe(ERRNO.ENOSPC);
  await opened.close();
  await file.close();
});

test("auto-delete at max-files", async () => {
  const { tree } = await folder({ "max-files": 3, "auto-delete": "on" });
  const root = await rootOf(tree);
  for (let i = 0; i < 10; i++) {
    const file = await create(root, `f${i}`);
    await file.close();
    const node = await root.lookup(`f${i}`);
    await node.setattr({ mtime: { sec: i, nsec: 0 } }, undefined);
    node.release();
  }
  expect(await errno(root.lookup("f9"))).toBe(0);
  expect(await errno(root.lookup("f6"))).toBe(ERRNO.ENOENT);
  expect(await counted(tree)).toMatchObject({ files: 3 });
});

test("auto-delete frees the blocks of a file that a guest only remembers", async () => {
  const { tree } = await folder({ "max-space": 100 * K, "auto-delete": "on" });
  const root = await rootOf(tree);
  const old = await create(root, "old");
  await write(old, 0, 80 * K);
  await old.close();
  const remembered = await root.lookup("old");
  const file = await create(root, "new");
  expect(await write(file, 0, 60 * K)).toBe(60 * K);
  expect(await errno(root.lookup("old"))).toBe(ERRNO.ENOENT);
  remembered.release();
  await file.close();
  expect(await counted(tree)).toEqual(await recounted(tree));
});

test("names alone cannot go beyond max-space: folders grow by them", async ({ skip }) => {
  const { tree } = await folder({ "max-space": 40 * K });
  const root = await rootOf(tree);
  const before = (await counted(tree)).space;
  if (before === 0) skip("folders take nothing on this file system");
  const names: number[] = [];
  for (let i = 0; i < 400; i++)
    names.push(await errno(create(root, `${i}-`.padEnd(250, "x")).then((file) => file.close())));
  expect(names[0]).toBe(0);
  expect(names.at(-1)).toBe(ERRNO.ENOSPC);
  expect((await counted(tree)).space).toBeLessThanOrEqual(44 * K);
  const node = await root.lookup("0-".padEnd(250, "x"));
  expect(await errno(root.link("y".repeat(250), node))).toBe(ERRNO.ENOSPC);
  expect(await errno(root.mknod("z".repeat(250), 0, made(0o010644)))).toBe(ERRNO.ENOSPC);
});

test("a name that exists and cannot be seen is EEXIST, and not tried for ever", async () => {
  const inner = await memoryTree({ files: { hidden: "x" } });
  const tree = await openQuota(inner, await options({ "max-files": 9 }), environment);
  const root = await rootOf(tree);
  const below = await rootOf(inner);
  below.lookup = () => Promise.reject(new FsError("ENOENT"));
  expect(await errno(create(root, "hidden"))).toBe(ERRNO.EEXIST);
});

test("at a limit that nothing can mend auto-delete searches now and then, not at each request", async () => {
  const { tree } = await folder({ "max-space": 60 * K, "auto-delete": "on" });
  const root = await rootOf(tree);
  const file = await create(root, "open");
  for (let at = 0; (await errno(write(file, at, 8 * K))) === 0; at += 8 * K);
  let searches = 0;
  const attach = tree.inner.attach.bind(tree.inner);
  tree.inner.attach = (...given) => {
    searches++;
    return attach(...given);
  };
  for (let i = 0; i < 50; i++) expect(await errno(write(file, 100 * K, 8 * K))).toBe(ERRNO.ENOSPC);
  expect(searches).toBeLessThan(3);
  await file.close();
});

test("around a tree in memory it counts alike", async () => {
  const tree = await openQuota(
    await memoryTree({ files: { "a/b": "x".repeat(5000) } }),
    await options({ "max-files": 4, "max-space": "1M" }),
    environment,
  );
  expect(await counted(tree)).toEqual({ files: 2, space: 8192 });
  const root = await rootOf(tree);
  const file = await create(root, "c");
  await write(file, 0, 1000);
  await root.rename("c", await root.lookup("a"), "b");
  await file.close();
  expect(await counted(tree)).toEqual(await recounted(tree));
});

test.each<[Record<string, unknown>, string]>([
  [{}, "max-space: or max-files, or max-open-files must be given: a quota needs a limit"],
  [
    { "max-open-files": 5, "auto-delete": "on" },
    "auto-delete: needs max-space or max-files: it makes room there",
  ],
])("%j is refused", async (given, expected) => {
  expect(await mistakesIn(quota, given)).toEqual([expected]);
});
