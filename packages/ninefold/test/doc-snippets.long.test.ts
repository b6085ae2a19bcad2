import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

/*
 * Every `ts` block of README.md and docs/ compiles. One without a name is a program, which also runs; blocks of one name
 * (`ts file=NAME`) are parts of one file, which a test of its subject runs. Those of the packages' READMEs and of the comments
 * that describe modules compile, with the names that fixtures/snippet-names.d.ts gives them.
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

/** The blocks of one README or comment, as one module. */
function fragmentOf(path: string): Snippet[] {
  const text = readFileSync(join(root, path), "utf8");
  const plain = path.endsWith(".md") ? text : text.replace(/^ \* ?/gm, "");
  const blocks = [...plain.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  // What a user's own file has is among the names that are given.
  const code = blocks.join("").replace(/^import .* from "\..*$/gm, "");
  return code === "" ? [] : [{ file: `${path.replace(/\W+/g, "-")}.ts`, code, isProgram: false }];
}

const packageFiles = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
  .filter((path) => /^[^/]+\/(README\.md|src\/(.+\/)?(index|bases|lock-table)\.ts)$/.test(path))
  .map((path) => `packages/${path}`);
const fragments = ["labs/README.md", ...packageFiles].flatMap(fragmentOf);

const snippets = [...pages.flatMap(snippetsOf), ...fragments];
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
  expect(fragments.length).toBeGreaterThan(15);
});

test("all snippets compile", { timeout: 60_000 }, () => {
  const names = fileURLToPath(new URL("fixtures/snippet-names.d.ts", import.meta.url));
  const files = [names, ...snippets.map(({ file }) => file)];
  const config = { extends: "../tsconfig.check.json", include: [], files };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  // An example may make what it does not use.
  const isUnused = /^\S+(?:labs|packages)-\S+: error TS(?:6133|6198):/;
  expect(stdout.split("\n").filter((line) => line !== "" && !isUnused.test(line))).toEqual([]);
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
