import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import type { FsDriver, FsTree } from "@ninefold/core/contracts";
import { afterAll, describe, expect, it, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(root, "docs/WRITING-A-DRIVER.md"), "utf8");

/** What the page's blocks of a file are together. */
function fileIn(markdown: string, name: string): string {
  const blocks = markdown.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, file, code]) => (file === name ? [code] : [])).join("\n");
}

// Inside of the workspace, so that its imports are found.
const folder = mkdtempSync(join(root, ".snippets-"));
afterAll(() => rmSync(folder, { recursive: true }));
const source = fileIn(page, "json-tree.ts");
const module = join(folder, "json-tree.ts");
writeFileSync(module, source);
const { JsonTree, jsonDriver } = (await import(pathToFileURL(module).href)) as {
  readonly JsonTree: new (path: string) => FsTree;
  readonly jsonDriver: FsDriver;
};

test("the tutorial's driver has fewer than 120 lines", () => {
  expect(source.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(120);
  expect(source.split("\n").every((line) => line.length <= 110)).toBe(true);
});

test("the tutorial's code compiles", () => {
  writeFileSync(join(folder, "json-tree.test.ts"), fileIn(page, "json-tree.test.ts"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.check.json", include: ["."] }),
  );
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: "pipe", encoding: "utf8" });
});

fsDriverCompliance({ describe, it }, "the tutorial's driver", {
  driver: jsonDriver,
  driverOptions: { path: "tree.json" },
  setup: () => new JsonTree(join(mkdtempSync(join(tmpdir(), "json-tree-")), "tree.json")),
});
