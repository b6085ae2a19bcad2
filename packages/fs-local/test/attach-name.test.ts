import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERRNO, errnoOf, type FsNode } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import type { LocalTree } from "../src/local-tree.ts";
import { anyone, folder, treeOver } from "./helpers.ts";

async function prepared(options: Parameters<typeof treeOver>[1]): Promise<{ tree: LocalTree; path: string }> {
  const path = folder();
  const share = join(path, "share");
  mkdirSync(join(share, "a/b"), { recursive: true });
  mkdirSync(join(path, "outside/secret"), { recursive: true });
  writeFileSync(join(share, "a/b/file"), "x");
  symlinkSync("../outside", join(share, "up"));
  symlinkSync(join(path, "outside"), join(share, "away"));
  symlinkSync("a", join(share, "inside"));
  return { tree: await treeOver(share, options), path };
}

const errno = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error: unknown) => errnoOf(error),
  );

async function hasFile(node: FsNode): Promise<boolean> {
  return (await errno(node.lookup("file"))) === 0;
}

describe("aname=subfolder", () => {
  test.each(["a/b", "/a/b", "a//b/", "/a/b///"])("%s is the folder below", async (aname) => {
    const { tree } = await prepared({ aname: "subfolder" });
    expect(await hasFile(await tree.attach(aname, anyone))).toBe(true);
  });

  test.each(["", "/", "///"])("%j is the root", async (aname) => {
    const { tree } = await prepared({ aname: "subfolder" });
    expect((await tree.attach(aname, anyone)).key().path).toEqual([]);
  });

  test.each<[string, number]>([
    ["..", ERRNO.ENOENT],
    ["a/../..", ERRNO.ENOENT],
    ["./a", ERRNO.ENOENT],
    ["a/b/../b", ERRNO.ENOENT],
    ["../outside", ERRNO.ENOENT],
    ["a\0b", ERRNO.ENOENT],
    ["absent", ERRNO.ENOENT],
    ["x".repeat(256), ERRNO.ENOENT],
    ["a/".repeat(3000), ERRNO.ENOENT],
    ["a/b/file", ERRNO.ENOTDIR],
    ["a/b/file/x", ERRNO.ENOTDIR],
    ["up", ERRNO.ENOTDIR],
    ["up/secret", ERRNO.ENOTDIR],
    ["away/secret", ERRNO.ENOTDIR],
    ["inside/b", ERRNO.ENOTDIR],
  ])("%s leads nowhere", async (aname, expected) => {
    const { tree } = await prepared({ aname: "subfolder" });
    expect(await errno(tree.attach(aname, anyone))).toBe(expected);
  });

  test("a folder that becomes a link meanwhile is not followed", async () => {
    const { tree, path } = await prepared({ aname: "subfolder" });
    await tree.attach("a/b", anyone);
    renameSync(join(path, "share/a"), join(path, "moved"));
    symlinkSync("../outside", join(path, "share/a"));
    expect(await errno(tree.attach("a/secret", anyone))).toBe(ERRNO.ENOTDIR);
  });
});

test("without it only the root is served", async () => {
  const { tree } = await prepared({});
  expect(await errno(tree.attach("a", anyone))).toBe(ERRNO.ENOENT);
  expect(await errno(tree.attach("/", anyone))).toBe(0);
});
