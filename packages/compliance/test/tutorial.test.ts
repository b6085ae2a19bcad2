import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
// Inside of the workspace, so that imports are found.
const folder = mkdtempSync(join(root, ".snippets-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes what a page's blocks of a file are together; its text. */
function extract(page: string, name: string): string {
  const markdown = readFileSync(join(root, "docs", page), "utf8");
  const blocks = markdown.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm);
  const text = [...blocks].flatMap(([, file, code]) => (file === name ? [code] : [])).join("\n");
  writeFileSync(join(folder, name), text);
  return text;
}

const PAGES = {
  "WRITING-A-DRIVER.md": "json-tree",
  "WRITING-A-TRANSPORT.md": "port-transport",
  "WRITING-AN-ATTACH-STRATEGY.md": "by-name",
};

const sources = new Map(Object.entries(PAGES).map(([page, name]) => [page, extract(page, `${name}.ts`)]));
// Each page's own test is what runs here: vitest sees its describe and it as those of this file.
for (const [page, name] of Object.entries(PAGES)) {
  extract(page, `${name}.test.ts`);
  await import(pathToFileURL(join(folder, `${name}.test.ts`)).href);
}

test("the tutorial's driver has fewer than 120 lines", () => {
  const lines =
    sources
      .get("WRITING-A-DRIVER.md")
      ?.split("\n")
      .filter((line) => line.trim() !== "") ?? [];
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.length).toBeLessThan(120);
  expect(lines.every((line) => line.length <= 110)).toBe(true);
});
