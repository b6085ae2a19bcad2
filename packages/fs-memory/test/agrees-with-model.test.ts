import { namesIn } from "@ninefold/core/bases";
import { type FsNode, isFsError, OPEN } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { made, readText, rootOf, statOf, vec } from "./helpers.ts";

/** The model: a file is its text, a directory its names; hard links are one object under two names. */
interface File {
  text: string;
}
type Model = Map<string, File | Model>;

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const step = fc.oneof(
  fc.record({ do: fc.constant("write" as const), path, at: fc.nat(20), text: fc.string({ maxLength: 5 }) }),
  fc.record({ do: fc.constant("truncate" as const), path, size: fc.nat(20) }),
  fc.record({ do: fc.constant("mkdir" as const), path }),
  fc.record({ do: fc.constant("unlink" as const), path }),
  fc.record({ do: fc.constant("rmdir" as const), path }),
  fc.record({ do: fc.constant("link" as const), path, to: path }),
  fc.record({ do: fc.constant("rename" as const), path, to: path }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}

function walk(model: Model, names: readonly string[]): File | Model {
  let at: File | Model = model;
  for (const each of names) {
    if (!(at instanceof Map)) return fail("ENOTDIR");
    at = at.get(each) ?? fail("ENOENT");
  }
  return at;
}

function place(model: Model, names: readonly string[]): [Model, string] {
  const directory = walk(model, names.slice(0, -1));
  return [directory instanceof Map ? directory : fail("ENOTDIR"), names.at(-1)!];
}

function patch(old: string, at: number, text: string): string {
  return old.padEnd(at, "\0").slice(0, at) + text + old.slice(at + text.length);
}

function contains(outer: File | Model, inner: Model): boolean {
  return (
    outer === inner || (outer instanceof Map && [...outer.values()].some((each) => contains(each, inner)))
  );
}

function applyToModel(model: Model, s: Step): void {
  if (s.do === "truncate") {
    const file = walk(model, s.path);
    if (file instanceof Map) fail("EISDIR");
    file.text = file.text.slice(0, s.size).padEnd(s.size, "\0");
    return;
  }
  const [directory, last] = place(model, s.path);
  const there = directory.get(last);
  switch (s.do) {
    case "write": {
      if (there instanceof Map) fail("EISDIR");
      const file = there ?? { text: "" };
      directory.set(last, file);
      const text = s.text.replace(/[^\x20-\x7e]/g, "?");
      if (text !== "") file.text = patch(file.text, s.at, text);
      return;
    }
    case "mkdir":
      if (there) fail("EEXIST");
      directory.set(last, new Map());
      return;
    case "unlink":
      if (!there) fail("ENOENT");
      if (there instanceof Map) fail("EISDIR");
      directory.delete(last);
      return;
    case "rmdir":
      if (!there) fail("ENOENT");
      if (!(there instanceof Map)) fail("ENOTDIR");
      if (there.size > 0) fail("ENOTEMPTY");
      directory.delete(last);
      return;
    case "link": {
      const [target, newName] = place(model, s.to);
      if (!there) fail("ENOENT");
      if (there instanceof Map) fail("EPERM");
      if (target.has(newName)) fail("EEXIST");
      target.set(newName, there);
      return;
    }
    case "rename": {
      const [target, newName] = place(model, s.to);
      const replaced = target.get(newName);
      if (!there) fail("ENOENT");
      if (there === replaced) return;
      if (there instanceof Map && contains(there, target)) fail("EINVAL");
      if (there instanceof Map && replaced && !(replaced instanceof Map)) fail("ENOTDIR");
      if (!(there instanceof Map) && replaced instanceof Map) fail("EISDIR");
      if (replaced instanceof Map && replaced.size > 0) fail("ENOTEMPTY");
      directory.delete(last);
      target.delete(newName);
      target.set(newName, there);
    }
  }
}

async function find(root: FsNode, names: readonly string[]): Promise<FsNode> {
  let at = root;
  for (const each of names) at = await at.lookup(each);
  return at;
}

async function applyToTree(root: FsNode, s: Step): Promise<void> {
  if (s.do === "truncate") return (await find(root, s.path)).setattr({ size: s.size }, undefined);
  const directory = await find(root, s.path.slice(0, -1));
  const last = s.path.at(-1)!;
  switch (s.do) {
    case "write": {
      const { file } = await directory.create(last, OPEN.WRITE, made(0o644));
      await file.write(s.at, vec(s.text.replace(/[^\x20-\x7e]/g, "?")));
      return file.close();
    }
    case "mkdir":
      await directory.mkdir(last, made(0o755));
      return;
    case "unlink":
      return directory.unlink(last, false);
    case "rmdir":
      return directory.unlink(last, true);
    default: {
      // As the model asks: first the one directory, then the other, then the names in them.
      if (!(await statOf(directory)).isDirectory) fail("ENOTDIR");
      const target = await find(root, s.to.slice(0, -1));
      if (!(await statOf(target)).isDirectory) fail("ENOTDIR");
      const newName = s.to.at(-1)!;
      if (s.do === "rename") return directory.rename(last, target, newName);
      return target.link(newName, await directory.lookup(last));
    }
  }
}

async function outcome(work: () => Promise<void> | void): Promise<string> {
  try {
    await work();
    return "done";
  } catch (error) {
    if (!isFsError(error)) throw error;
    return (error as { code: string }).code;
  }
}

async function snapshot(node: FsNode): Promise<unknown> {
  const stat = await statOf(node);
  if (!stat.isDirectory) {
    const text = await readText(await node.open(OPEN.READ));
    expect(stat.size).toBe(text.length);
    return { text, nlink: stat.nlink };
  }
  const entries: [string, unknown][] = [];
  for (const each of await namesIn(node)) entries.push([each, await snapshot(await node.lookup(each))]);
  expect(stat.nlink).toBe(2 + entries.filter(([, value]) => Array.isArray(value)).length);
  return entries;
}

function modelSnapshot(of: File | Model, root: Model): unknown {
  if (of instanceof Map) return [...of].map(([each, value]) => [each, modelSnapshot(value, root)]);
  const count = (at: File | Model): number =>
    at instanceof Map ? [...at.values()].reduce((sum, each) => sum + count(each), 0) : Number(at === of);
  return { text: of.text, nlink: count(root) };
}

test("any sequence of operations has the outcome, order of names, link counts and contents of the model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const tree = await memoryTree();
      const root = await rootOf(tree);
      const model: Model = new Map();
      for (const each of steps) {
        const expected = await outcome(() => applyToModel(model, each));
        expect([each, await outcome(() => applyToTree(root, each))]).toEqual([each, expected]);
      }
      expect(await snapshot(root)).toEqual(modelSnapshot(model, model));
    }),
    { numRuns: 300 },
  );
});
