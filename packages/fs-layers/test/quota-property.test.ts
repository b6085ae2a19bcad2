import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FsFile, type FsNode, type FsTree, IoVec, isFsError, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { quota } from "../src/index.ts";
import { openQuota, type QuotaTree } from "../src/quota/quota-tree.ts";
import { environment, rootOf } from "./helpers.ts";

const MAX_SPACE = 64 * 1024;
const MAX_FILES = 8;

type Step =
  | { kind: "create" | "open" | "mkdir" | "symlink" | "unlink" | "rmdir" | "truncate" | "hold"; name: number }
  | { kind: "rename" | "link"; name: number; other: number }
  | { kind: "write"; file: number; offset: number; length: number }
  | { kind: "close" | "let-go"; file: number };

const name = fc.integer({ min: 0, max: 5 });
const file = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("create", "open", "unlink", "hold"), name }),
  fc.record({ kind: fc.constantFrom("mkdir", "symlink", "rmdir", "truncate"), name }),
  fc.record({ kind: fc.constantFrom("rename", "link"), name, other: name }),
  fc.record({
    kind: fc.constant("write" as const),
    file,
    offset: fc.integer({ min: 0, max: 200_000 }),
    length: fc.integer({ min: 1, max: 60_000 }),
  }),
  fc.record({ kind: fc.constantFrom("close", "let-go"), file }),
) as fc.Arbitrary<Step>;

const made = { mode: 0o755, uid: -1, gid: -1 };

class Guest {
  readonly tree: QuotaTree;
  readonly root: FsNode;
  readonly files: FsFile[] = [];
  readonly held: FsNode[] = [];

  constructor(tree: QuotaTree, root: FsNode) {
    this.tree = tree;
    this.root = root;
  }

  async step(step: Step): Promise<void> {
    try {
      await this.#step(step);
    } catch (error) {
      if (!isFsError(error)) throw error;
    }
    const { usage } = this.tree.ledger;
    expect(usage.filesBound).toBeLessThanOrEqual(MAX_FILES);
    expect(usage.reservedSpace).toBeGreaterThanOrEqual(0);
    expect(usage.unsettled).toBeGreaterThanOrEqual(0);
  }

  async end(): Promise<void> {
    for (const file of this.files.splice(0)) await file.close();
    for (const node of this.held.splice(0)) node.release();
  }

  async #step(step: Step): Promise<void> {
    const { root, files, held } = this;
    if (step.kind === "write") {
      const vec = IoVec.of(new Uint8Array(step.length).fill(1));
      const file = files[step.file % files.length];
      const now = file?.tryWrite?.(step.offset, vec);
      if (now === -4096) await file?.write(step.offset, vec);
    } else if (step.kind === "close") {
      const [file] = files.splice(step.file, 1);
      if (file !== undefined && file.tryClose?.() === -4096) await file.close();
    } else if (step.kind === "let-go") {
      const [node] = held.splice(step.file, 1);
      node?.release();
    } else if ("name" in step) {
      const at = `n${step.name}`;
      if (step.kind === "create") {
        const { node, file } = await root.create(at, OPEN.READ_WRITE, made);
        node.release();
        files.push(file);
      } else if (step.kind === "mkdir") (await root.mkdir(at, made)).release();
      else if (step.kind === "symlink") (await root.symlink(at, "target", made)).release();
      else if (step.kind === "unlink" || step.kind === "rmdir") await root.unlink(at, step.kind === "rmdir");
      else if (step.kind === "rename") await root.rename(at, root, `n${step.other}`);
      else {
        const node = await root.lookup(at);
        if (step.kind === "hold") return void held.push(node);
        try {
          if (step.kind === "link") await root.link(`n${step.other}`, node);
          else if (step.kind === "truncate") await node.setattr({ size: 0 }, undefined);
          else if (files.length < 4) files.push(await node.open(OPEN.READ_WRITE));
        } finally {
          node.release();
        }
      }
    }
  }
}

async function check(open: () => Promise<FsTree>, most: number): Promise<void> {
  const plain = { "max-space": MAX_SPACE, "max-files": MAX_FILES, rescan: 0 };
  const checked = await quota.schema["~standard"].validate(plain);
  if (checked.issues !== undefined) throw new Error("the options are refused");
  const options = checked.value;
  // Guests work side by side: each list is one's steps.
  const guests = fc.array(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), {
    minLength: 1,
    maxLength: 3,
    size: "max",
  });
  await fc.assert(
    fc.asyncProperty(guests, fc.boolean(), async (lists, recounts) => {
      const inner = await open();
      const tree = await openQuota(inner, options, environment);
      try {
        const all = await Promise.all(lists.map(async () => new Guest(tree, await rootOf(tree))));
        const counting = recounts ? tree.recount() : undefined;
        await Promise.all(
          all.map(async (guest, index) => {
            for (const one of lists[index] ?? []) await guest.step(one);
          }),
        );
        await counting;
        await tree.ledger.settleAll();
        expect(tree.ledger.usage.allSpace).toBeLessThanOrEqual(most);
        for (const guest of all) await guest.end();
        const { usage } = tree.ledger;
        const fresh = (await openQuota(inner, { ...options, "max-space": 1e15 }, environment)).ledger.usage;
        expect({ space: usage.space, files: usage.files }).toEqual({
          space: fresh.space,
          files: fresh.files,
        });
        expect(usage).toMatchObject({
          heldSpace: 0,
          heldFiles: 0,
          reservedSpace: 0,
          reservedFiles: 0,
          unsettled: 0,
        });
      } finally {
        await tree.close();
      }
    }),
    { numRuns: 25 },
  );
}

test("on the host: never more than the limit, and what is counted is what is there", async () => {
  const base = mkdtempSync(join(tmpdir(), "ninefold-quota-"));
  try {
    await check(async () => {
      const path = mkdtempSync(join(base, "tree-"));
      const plain = { path, security_model: "none", readonly: false, multidevs: "remap" } as const;
      return localFs.open(plain, environment);
    }, MAX_SPACE);
  } finally {
    rmSync(base, { recursive: true });
  }
});

test("in memory: what is counted is what is there", async () => {
  // Its blocks are up to 64 KiB.
  await check(() => memoryTree(), MAX_SPACE + 4 * 65_536);
});
