import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

/*
 * Every `ts` block of README.md and docs/ compiles. One without a name is a program, which also runs; blocks of one name
 * (`ts file=NAME`) are parts of one file, which a test of its subject runs.
 */

const root = fileURLToPath(new URL("../../../", import.meta.url));
const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith(".md"),
);

interface Snippet {
  readonly file: string;
  readonly code: string;
  readonly isProgram: boolean;
}

function snippetsOf(page: string): Snippet[] {
  const files = new Map<string, Snippet>();
  const text = readFileSync(join(root, page), "utf8");
  const prefix = page.replace(/\W+/g, "-").toLowerCase();
  for (const [, name, code = ""] of text.matchAll(/^```ts(?: file=(\S+))?\n([\s\S]*?)^```$/gm)) {
    const file = join(prefix, name ?? `program-${files.size + 1}.ts`);
    files.set(file, { file, code: `${files.get(file)?.code ?? ""}${code}`, isProgram: name === undefined });
  }
  return [...files.values()];
}

const snippets = pages.flatMap(snippetsOf);
// Inside of the workspace, so that their imports are found.
const folder = mkdtempSync(join(root, ".snippets-"));
const work = mkdtempSync(join(tmpdir(), "ninefold-snippets-"));
afterAll(() => {
  for (const each of [folder, work]) rmSync(each, { recursive: true });
});
mkdirSync(join(work, "share"));
for (const { file, code } of snippets) {
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), `${code.replaceAll("/tmp/", `${work}/`)}\nexport {};\n`);
}

test("there are snippets to test", () => {
  expect(snippets.filter(({ isProgram }) => isProgram).length).toBeGreaterThan(0);
  expect(snippets.length).toBeGreaterThan(3);
});

test("all snippets compile", { timeout: 60_000 }, () => {
  const config = { extends: "../tsconfig.check.json", include: [], files: snippets.map(({ file }) => file) };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const run = (): string =>
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: "pipe", encoding: "utf8" });
  expect(run).not.toThrow();
});

describe("programs run", () => {
  test.each(snippets.filter(({ isProgram }) => isProgram))("$file", { timeout: 60_000 }, ({ file }) => {
    execFileSync(process.execPath, ["--conditions=@ninefold/source", join(folder, file)], {
      cwd: work,
      stdio: "pipe",
      timeout: 50_000,
    });
  });
});
