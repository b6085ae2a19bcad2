// npm run docs: writes docs/reference from the sources. npm run docs -- --check: fails where what is kept there differs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { apiPages } from "./api-page.ts";
import { configPage, optionsPage } from "./config-pages.ts";
import { errorPage } from "./error-page.ts";
import { eventPage } from "./event-page.ts";
import { indexPage } from "./index-page.ts";
import type { Page } from "./page.ts";
import { type EntryPoint, ROOT, readSources } from "./sources.ts";

const FOLDER = join(ROOT, "docs/reference");
/** Pages of this folder are not kept in git. */
const API = "api";

async function allPages(entryPoints: readonly EntryPoint[]): Promise<Page[]> {
  const contracts = entryPoints.find(({ name }) => name === "@ninefold/core/contracts");
  if (contracts === undefined) throw new Error("core exports no contracts");
  return [
    indexPage(entryPoints),
    configPage(),
    await optionsPage(),
    eventPage(contracts),
    errorPage(),
    ...apiPages(entryPoints),
  ];
}

function write(pages: readonly Page[]): void {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const { path, text } of pages) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
  console.log(`${pages.length} pages in docs/reference`);
}

function check(pages: readonly Page[]): void {
  const kept = new Map(
    pages.filter(({ path }) => !path.startsWith(API)).map(({ path, text }) => [path, text]),
  );
  const there = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name !== API) : [];
  const names = [...new Set([...kept.keys(), ...there])].sort();
  const stale = names.filter((name) => !there.includes(name) || readPage(name) !== kept.get(name));
  for (const name of stale)
    console.log(`docs/reference/${name} is not what the sources say: run npm run docs`);
  console.log(`${names.length - stale.length} passed, ${stale.length} failed`);
  if (stale.length > 0) process.exitCode = 1;
}

function readPage(name: string): string {
  return readFileSync(join(FOLDER, name), "utf8");
}

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
using sources = readSources();
const pages = await allPages(sources.entryPoints);
if (values.check) check(pages);
else write(pages);
