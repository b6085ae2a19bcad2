import {
  CONCERNS,
  directly,
  type FsDriverComplianceOptions,
  fsDriverCompliance,
  SAMPLE_FILES,
} from "@ninefold/compliance/fs-driver";
import { FsError, type FsNode } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { type Alterations, alteredTree, TRY_FORMS } from "./altered-tree.ts";
import { BROKEN } from "./broken-trees.ts";
import { collectingRunner, failuresOf } from "./collecting-runner.ts";

async function failuresWith(
  alterations: Alterations,
  options: Partial<FsDriverComplianceOptions> = {},
): Promise<string[]> {
  const { runner, run } = collectingRunner();
  fsDriverCompliance(runner, "tree", {
    setup: async () => alteredTree(await memoryTree(), alterations),
    ways: [directly],
    print: () => {},
    ...options,
  });
  return failuresOf(await run());
}

describe("the driver suite", () => {
  test("has a mistake to find for each concern", () => {
    expect(Object.keys(BROKEN).sort()).toEqual(Object.keys(CONCERNS).sort());
  });

  test("passes a tree that is wrapped and not changed, with and without try forms", async () => {
    expect(await failuresWith({})).toEqual([]);
    expect(await failuresWith({ without: TRY_FORMS })).toEqual([]);
  });

  test.each(Object.entries(BROKEN))("%s: finds a mistake", async (concern, [mistake, alterations]) => {
    const failures = await failuresWith(alterations, { concerns: [concern] });
    expect(failures, mistake).not.toEqual([]);
  });

  test("finds a capability that is denied, yet there", async () => {
    for (const capability of ["hardLinks", "symlinks", "specialFiles", "xattrs", "ownership"] as const) {
      expect(await failuresWith({ supports: { [capability]: false } }), capability).not.toEqual([]);
    }
  });

  test("passes a tree that lacks what it says it lacks", async () => {
    const refuse = async (): Promise<never> => {
      throw new FsError("EOPNOTSUPP");
    };
    const node = {
      symlink: refuse,
      link: refuse,
      getXattr: refuse,
      setXattr: refuse,
      listXattrs: refuse,
      removeXattr: refuse,
      lock: refuse,
      getLock: refuse,
    };
    const supports = { symlinks: false, hardLinks: false, xattrs: false, locks: false };
    expect(await failuresWith({ node, supports })).toEqual([]);
  });

  test("finds a read-only tree that can be changed", async () => {
    const setup = async () =>
      alteredTree(await memoryTree({ files: SAMPLE_FILES }), { supports: { readOnly: true } });
    expect(await failuresWith({}, { setup })).not.toEqual([]);
    const sealed = async () => memoryTree({ files: SAMPLE_FILES, readonly: true });
    expect(await failuresWith({}, { setup: sealed })).toEqual([]);
  });

  test("skips with a printed reason, and never in silence", async () => {
    const lines: string[] = [];
    await failuresWith(
      { supports: { xattrs: false } },
      { print: (line) => void lines.push(line), concerns: ["extended attributes"] },
    );
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.every((line) => line.endsWith("(the tree has no xattrs)"))).toBe(true);
    lines.length = 0;
    const skip = { "an empty value is a value": "the store cannot keep them" };
    await failuresWith(
      {},
      { print: (line) => void lines.push(line), concerns: ["extended attributes"], options: { skip } },
    );
    expect(lines).toEqual([
      "skip - tree, directly: extended attributes: 1 case (the store cannot keep them)",
    ]);
  });

  test("gives each test a tree of its own and closes it", async () => {
    const trees = new Set<unknown>();
    let closed = 0;
    await failuresWith(
      {},
      {
        concerns: ["walking"],
        setup: async () => {
          const tree = alteredTree(await memoryTree(), {
            tree: {
              close: (each) => {
                closed++;
                return each.close();
              },
            },
            node: { lookup: (node: FsNode, name: string) => node.lookup(name) },
          });
          trees.add(tree);
          return tree;
        },
      },
    );
    expect(closed).toBe(trees.size);
    expect(closed).toBeGreaterThan(5);
  });
});
