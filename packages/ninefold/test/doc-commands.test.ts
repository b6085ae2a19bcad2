import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line/arguments.ts";
import { COMMANDS } from "../src/commands/commands.ts";
import { loadConfig } from "../src/commands/load-config.ts";

/*
 * What Markdown pages say to type and to write: commands of ninefold and configurations are read as they would be, npm
 * scripts are there, links lead somewhere.
 */

const root = fileURLToPath(new URL("../../../", import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs", "docs/reference", "labs", "benchmarks", "examples", ...packages()].flatMap(markdownIn),
];

function packages(): string[] {
  return readdirSync(join(root, "packages")).map((name) => `packages/${name}`);
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

function blocksOf(page: string, language: string): string[] {
  const found = textOf(page).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"));
  return [...found].map(([, code = ""]) => code);
}

/** A shell line's words, for the little of the shell that pages use; comments are left out. */
function wordsOf(line: string): string[] {
  const words = line.replace(/\s+#.*$/, "").match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  return words.map((word) => word.replaceAll("'", ""));
}

const commands = pages.flatMap((page) =>
  blocksOf(page, "sh")
    .flatMap((code) => code.replaceAll(/\\\n/g, " ").split("\n"))
    .map((line) => line.trim())
    .filter((line) => /^(npx )?ninefold\b/.test(line))
    .map((line) => ({ page, line })),
);

describe("commands of ninefold", () => {
  test("are found", () => expect(commands.length).toBeGreaterThan(8));

  test.each(commands)("$page: $line", ({ line }) => {
    // What stands for more of the same is left out; what is in brackets may be.
    const words = wordsOf(line.replace(/^npx /, "")).filter((word) => !/^\[.*\]$/.test(word));
    const isWhole = !words.includes("…");
    const parsed = parseCommandLine(
      words.slice(1).filter((word) => word !== "…" && (isWhole || !/^-(fsdev|device)$/.test(word))),
    );
    expect(Object.keys(COMMANDS)).toContain(parsed.command);
    if (isWhole && parsed.configFile === undefined) loadConfig(parsed);
  });
});

const folder = mkdtempSync(join(tmpdir(), "ninefold-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const configurations = pages.flatMap((page) => blocksOf(page, "yaml").map((yaml) => ({ page, yaml })));

describe("configurations", () => {
  test("are found", () => expect(configurations.length).toBeGreaterThan(1));

  test.each(configurations)("$page", ({ yaml }) => {
    const file = join(folder, "ninefold.yaml");
    writeFileSync(file, yaml);
    loadConfig(parseCommandLine(["--config", file]));
  });
});

test("npm scripts that pages name are there", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...textOf(page).matchAll(/npm run (?:--silent )?([\w:-]*\w)/g)].map(([, name = ""]) => ({ page, name })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
});

test("links lead to files, and to headings of them", () => {
  const broken = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!\w+:)([^)\s]*)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !leadsSomewhere(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = "", heading] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  if (heading === undefined || statSync(join(root, file)).isDirectory()) return heading === undefined;
  return headingsOf(file).includes(heading);
}

/** As code hosts name headings. */
function headingsOf(file: string): string[] {
  const headings = [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title);
  return headings.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
}
