import { dirname } from "node:path";
import type { Node } from "typescript/unstable/ast";
import { type DeclarationKind, declarationText, docText, kindOf } from "./declaration-text.ts";
import { GENERATED, type Page } from "./page.ts";
import { type EntryPoint, type ExportedSymbol, fileOf } from "./sources.ts";

const TITLES: Readonly<Record<DeclarationKind, string>> = {
  function: "Functions",
  class: "Classes",
  interface: "Interfaces",
  type: "Types",
  constant: "Constants",
};

/** A page for each module. What several modules export stands on the page of the one whose folder is nearest to it. */
export function apiPages(entryPoints: readonly EntryPoint[]): Page[] {
  const homes = new Map<Node, EntryPoint>();
  for (const entry of entryPoints) {
    for (const { declarations } of entry.symbols) {
      for (const node of declarations) homes.set(node, nearer(node, entry, homes.get(node)));
    }
  }
  return entryPoints.map((entry) =>
    apiPage(entry, ({ declarations: [node] }) => (node === undefined ? undefined : homes.get(node))),
  );
}

function nearer(node: Node, one: EntryPoint, other: EntryPoint | undefined): EntryPoint {
  const { fileName } = node.getSourceFile();
  const depth = ({ file }: EntryPoint): number => {
    const folder = `${dirname(file.fileName)}/`;
    return fileName.startsWith(folder) ? folder.length : 0;
  };
  return other !== undefined && depth(other) >= depth(one) ? other : one;
}

/** The name of a module's page, without its folder. */
export function apiPageName({ name }: EntryPoint): string {
  return `${name.replace("@ninefold/", "").replaceAll("/", "-")}.md`;
}

function apiPage(entry: EntryPoint, homeOf: (symbol: ExportedSymbol) => EntryPoint | undefined): Page {
  const own = entry.symbols.filter((symbol) => homeOf(symbol) === entry);
  const parts = [GENERATED, `# ${entry.name}`, moduleText(entry)];
  for (const [kind, title] of Object.entries(TITLES)) {
    const symbols = own.filter(({ declarations: [node] }) => node !== undefined && kindOf(node) === kind);
    if (symbols.length > 0) parts.push(`## ${title}`, ...symbols.map(symbolText));
  }
  const others = entry.symbols.filter((symbol) => homeOf(symbol) !== entry);
  if (others.length > 0) parts.push("## Also exported here", othersText(others, homeOf));
  return { path: `api/${apiPageName(entry)}`, text: `${parts.filter((part) => part !== "").join("\n\n")}\n` };
}

/** The comment that describes the module: the first one of its file. */
export function moduleText({ file }: EntryPoint): string {
  const [first] = file.statements;
  const text = first === undefined ? "" : docText(first);
  return text.includes("@packageDocumentation") ? text.replace("@packageDocumentation", "").trim() : "";
}

function symbolText({ name, declarations }: ExportedSymbol): string {
  const code = declarations.map(declarationText).join("\n");
  const [first] = declarations;
  const source = first === undefined ? "" : `[source](../../../${fileOf(first)})`;
  const docs = declarations.map(docText).filter((text) => text !== "");
  return [`### ${name}`, ...docs, `\`\`\`ts\n${code}\n\`\`\``, source].join("\n\n");
}

function othersText(
  symbols: readonly ExportedSymbol[],
  homeOf: (symbol: ExportedSymbol) => EntryPoint | undefined,
): string {
  const byHome = Map.groupBy(symbols, (symbol) => homeOf(symbol));
  return [...byHome]
    .map(([home, of]) => {
      const names = of.map(({ name }) => `\`${name}\``).join(", ");
      return home === undefined ? names : `From [${home.name}](${apiPageName(home)}): ${names}.`;
    })
    .join("\n\n");
}
