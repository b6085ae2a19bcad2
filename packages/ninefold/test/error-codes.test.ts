import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && /\/src(\/|$)/.test(entry.parentPath))
    .filter((entry) => !/\/(node_modules|dist)\//.test(`${entry.parentPath}/`))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

test("docs/ERRORS.md lists the codes of the source, no more and no less", () => {
  const page = readFileSync(join(root, "docs/ERRORS.md"), "utf8");
  const listed = [...page.matchAll(/^### `(ERR_\w+)`$/gm)].map(([, code]) => code);
  const used = new Set(
    readdirSync(join(root, "packages"))
      .flatMap((name) => sourcesBelow(join(root, "packages", name, "src")))
      .flatMap((text) => [...text.matchAll(/"(ERR_[A-Z0-9_]+)"/g)].map(([, code]) => code ?? "")),
  );
  expect(used.size).toBeGreaterThan(20);
  expect(listed.toSorted()).toEqual([...used].sort());
});
