import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { API, type Symbol as Named, type Program, type Project, SymbolFlags } from "typescript/unstable/sync";

/** The repository's folder, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** One module that a package exports: `@ninefold/core/contracts`. */
export interface EntryPoint {
  readonly name: string;
  readonly package: string;
  readonly file: SourceFile;
  readonly symbols: readonly ExportedSymbol[];
}

export interface ExportedSymbol {
  readonly name: string;
  /** Where it is declared, wherever it is exported. */
  readonly declarations: readonly Node[];
}

export interface Sources extends Disposable {
  readonly entryPoints: readonly EntryPoint[];
}

interface PackageManifest {
  readonly name: string;
  readonly description?: string;
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** All public modules of the packages, read by the compiler of the lock. They stay readable until disposal. */
export function readSources(): Sources {
  const api = new API({ cwd: ROOT });
  const config = join(ROOT, "tsconfig.declarations.json");
  const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
  if (project === undefined) throw new Error(`the compiler does not open ${config}`);
  const entryPoints = packageManifests().flatMap(([folder, manifest]) =>
    Object.entries(manifest.exports ?? {}).map(([path, conditions]) => {
      const file = sourceFile(project.program, join(folder, conditions["@ninefold/source"] ?? ""));
      const name = join(manifest.name, path);
      return { name, package: manifest.name, file, symbols: exportsOf(project, file) };
    }),
  );
  return { entryPoints, [Symbol.dispose]: () => api.close() };
}

/** The packages that are published, by folder. */
export function packageManifests(): (readonly [folder: string, manifest: PackageManifest])[] {
  const packages = join(ROOT, "packages");
  return readdirSync(packages)
    .sort()
    .map((name) => join(packages, name))
    .map((folder) => [folder, JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))] as const);
}

/** A declaration's file, seen from the repository. */
export function fileOf(node: Node): string {
  return relative(ROOT, node.getSourceFile().fileName);
}

function sourceFile(program: Program, path: string): SourceFile {
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`${path} is exported, and not among the sources`);
  return file;
}

function exportsOf({ checker }: Project, file: SourceFile): ExportedSymbol[] {
  const module = checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${file.fileName} is no module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      name: symbol.name,
      declarations: declarationsOf(isAlias(symbol) ? checker.getAliasedSymbol(symbol) : symbol),
    }))
    .filter(({ name }) => name !== "default")
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isAlias({ flags }: Named): boolean {
  return (flags & SymbolFlags.Alias) !== 0;
}

function declarationsOf(symbol: Named): Node[] {
  return symbol.declarations.map((handle) => handle.resolve()).filter((node) => node !== undefined);
}
