import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { type FsFile, type FsNode, isFsError, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LocalTree } from "../src/local-tree.ts";
import { anyone, environment, inMemory, made, readText, statOf, vec } from "./helpers.ts";
import { asIfRemote } from "./remote.ts";

/** The model: a file is its text and the count of its names, a directory its entries. */
class File {
  text = "";
  links = 1;
}
class Directory {
  readonly entries = new Map<string, File | Directory>();
  isGone = false;
}
interface Held {
  readonly node: FsNode;
  readonly object: File | Directory;
  readonly file: FsFile | undefined;
}

const name = fc.constantFrom("a", "b", "c");
const which = fc.nat(7);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("create" as const), which, name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("mkdir" as const), which, name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("hold" as const), which, name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("link" as const), which, name, other: which }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("rename" as const), which, name, other: which, newName: name }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("unlink" as const), which, name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rmdir" as const), which, name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("open" as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      which,
      text: fc.stringMatching(/^[a-z]{1,8}$/),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("churn" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

function refuse(code: string): never {
  throw new Refused(code);
}

/** What the kernel would say, in the order in which it says it. */
class Model {
  readonly root = new Directory();

  entriesOf(object: File | Directory): Map<string, File | Directory> {
    return object instanceof Directory ? object.entries : refuse("ENOTDIR");
  }

  make(at: File | Directory, name: string, object: File | Directory): void {
    const entries = this.entriesOf(at);
    if (entries.has(name)) refuse("EEXIST");
    if ((at as Directory).isGone) refuse("ENOENT");
    entries.set(name, object);
  }

  link(at: File | Directory, name: string, object: File | Directory): void {
    const entries = this.entriesOf(at);
    if (entries.has(name)) refuse("EEXIST");
    if ((at as Directory).isGone) refuse("ENOENT");
    if (object instanceof Directory) refuse("EPERM");
    if (object.links === 0) refuse("ENOENT");
    object.links++;
    entries.set(name, object);
  }

  remove(at: File | Directory, name: string, directory: boolean): void {
    const entries = this.entriesOf(at);
    const there = entries.get(name) ?? refuse("ENOENT");
    if (directory && there instanceof File) refuse("ENOTDIR");
    if (!directory && there instanceof Directory) refuse("EISDIR");
    this.#drop(there);
    entries.delete(name);
  }

  rename(from: File | Directory, name: string, to: File | Directory, newName: string): void {
    const source = this.entriesOf(from);
    const target = this.entriesOf(to);
    const moved = source.get(name) ?? refuse("ENOENT");
    const there = target.get(newName);
    if (moved instanceof Directory && this.#contains(moved, to)) refuse("EINVAL");
    if (there instanceof Directory && from !== to && this.#contains(there, from)) refuse("ENOTEMPTY");
    if ((to as Directory).isGone) refuse("ENOENT");
    if (there === moved) return;
    if (there !== undefined) {
      if (moved instanceof Directory && there instanceof File) refuse("ENOTDIR");
      if (moved instanceof File && there instanceof Directory) refuse("EISDIR");
      this.#drop(there);
    }
    source.delete(name);
    target.set(newName, moved);
  }

  #drop(object: File | Directory): void {
    if (object instanceof File) object.links--;
    else if (object.entries.size > 0) refuse("ENOTEMPTY");
    else object.isGone = true;
  }

  #contains(outer: Directory, inner: File | Directory): boolean {
    if (outer === inner) return true;
    return [...outer.entries.values()].some(
      (each) => each === inner || (each instanceof Directory && this.#contains(each, inner)),
    );
  }
}

class Run {
  readonly model = new Model();
  readonly tree: LocalTree;
  readonly held: Held[] = [];

  constructor(tree: LocalTree, root: FsNode) {
    this.tree = tree;
    this.held.push({ node: root, object: this.model.root, file: undefined });
  }

  pick(which: number): Held {
    return this.held[which % this.held.length]!;
  }

  hold(node: FsNode, object: File | Directory, file?: FsFile): void {
    this.held.push({ node, object, file });
  }

  async letGo(index: number): Promise<void> {
    const [held] = this.held.splice(index, 1);
    await held?.file?.close();
    held?.node.release();
  }

  /** The same on both sides; both fail alike or not at all. */
  async both<T>(model: () => T, real: () => Promise<unknown>): Promise<T | undefined> {
    let expected = "none";
    let result: T | undefined;
    try {
      result = model();
    } catch (error) {
      expected = error instanceof Refused ? error.code : "unexpected";
    }
    let actual = "none";
    try {
      await real();
    } catch (error) {
      if (!isFsError(error)) throw error;
      actual = (error as { code: string }).code;
    }
    expect(actual).toBe(expected);
    return expected === "none" ? result : undefined;
  }

  async step(s: Step): Promise<void> {
    if (this.held.length > 7) await this.letGo(1);
    switch (s.do) {
      case "create": {
        const at = this.pick(s.which);
        const object = new File();
        let node: FsNode | undefined;
        await this.both(
          () => this.model.make(at.object, s.name, object),
          async () => {
            const created = await at.node.create(s.name, OPEN.READ_WRITE | OPEN.EXCLUSIVE, made(0o600));
            await created.file.close();
            node = created.node;
          },
        );
        if (node !== undefined) this.hold(node, object);
        return;
      }
      case "mkdir": {
        const at = this.pick(s.which);
        const object = new Directory();
        let node: FsNode | undefined;
        await this.both(
          () => this.model.make(at.object, s.name, object),
          async () => {
            node = await at.node.mkdir(s.name, made(0o700));
          },
        );
        if (node !== undefined) this.hold(node, object);
        return;
      }
      case "hold": {
        const at = this.pick(s.which);
        let node: FsNode | undefined;
        const object = await this.both(
          () => this.model.entriesOf(at.object).get(s.name) ?? refuse("ENOENT"),
          async () => {
            node = await at.node.lookup(s.name);
          },
        );
        if (node !== undefined && object !== undefined) this.hold(node, object);
        return;
      }
      case "release":
        if (this.held.length > 1) await this.letGo(1 + (s.which % (this.held.length - 1)));
        return;
      case "link": {
        const at = this.pick(s.which);
        const other = this.pick(s.other);
        await this.both(
          () => this.model.link(at.object, s.name, other.object),
          () => at.node.link(s.name, other.node),
        );
        return;
      }
      case "rename": {
        const at = this.pick(s.which);
        const other = this.pick(s.other);
        await this.both(
          () => this.model.rename(at.object, s.name, other.object, s.newName),
          () => at.node.rename(s.name, other.node, s.newName),
        );
        return;
      }
      case "unlink":
      case "rmdir": {
        const at = this.pick(s.which);
        await this.both(
          () => this.model.remove(at.object, s.name, s.do === "rmdir"),
          () => at.node.unlink(s.name, s.do === "rmdir"),
        );
        return;
      }
      case "open": {
        const { node, object, file } = this.pick(s.which);
        if (object instanceof Directory || file !== undefined) return;
        node.retain();
        this.hold(node, object, await node.open(OPEN.READ_WRITE));
        return;
      }
      case "write": {
        const { node, object, file } = this.pick(s.which);
        if (object instanceof Directory) return;
        const open = file ?? (await node.open(OPEN.WRITE));
        await open.write(0, vec(s.text));
        object.text = s.text + object.text.slice(s.text.length);
        if (open !== file) await open.close();
        return;
      }
      case "churn":
        // Closes all descriptors that may be closed.
        while (this.tree.descriptors.shrink());
        return;
    }
  }

  async check(): Promise<void> {
    for (const { node, object } of this.held) {
      const stat = await statOf(node);
      if (object instanceof Directory) {
        if (!object.isGone) expect((await namesIn(node)).sort()).toEqual([...object.entries.keys()].sort());
        continue;
      }
      expect([stat.size, stat.nlink]).toEqual([object.text.length, object.links]);
      const file = await node.open(OPEN.READ);
      expect(await readText(file, 0, 100)).toBe(object.text);
      await file.close();
    }
  }
}

describe.each([
  ["of this machine", false],
  ["as across a network, all calls on the pool", true],
])("a folder %s", (_, remote) => {
  test("agrees with a model of files and names, whatever is held, linked, moved and removed", async () => {
    const base = mkdtempSync(join(inMemory, "fs-local-"));
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          const path = mkdtempSync(join(base, "run-"));
          const options = { path, security_model: "none", readonly: false, multidevs: "remap" } as const;
          const tree = (await localFs.open({ ...options, descriptors: 32 }, environment())) as LocalTree;
          if (remote) asIfRemote(tree);
          try {
            const run = new Run(tree, await tree.attach("", anyone));
            for (const s of steps) {
              await run.step(s);
            }
            await run.check();
            while (run.held.length > 1) await run.letGo(1);
            while (tree.descriptors.shrink());
            expect(tree.descriptors.used).toBe(1);
          } finally {
            await tree.close();
            rmSync(path, { recursive: true });
          }
        }),
        { numRuns: remote ? 60 : 250 },
      );
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});
