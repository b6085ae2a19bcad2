import { relative } from "node:path";
import { apiPageName, moduleText } from "./api-page.ts";
import { firstSentence, GENERATED, type Page, table } from "./page.ts";
import { type EntryPoint, packageManifests, ROOT } from "./sources.ts";

/** What there is in docs/reference, and the modules that a program can import. */
export function indexPage(entryPoints: readonly EntryPoint[]): Page {
  const descriptions = new Map(
    packageManifests().map(([, manifest]) => [manifest.name, manifest.description ?? ""]),
  );
  const rows = entryPoints.map((entry) => {
    return [
      `\`${entry.name}\``,
      entry.name === entry.package
        ? (descriptions.get(entry.package) ?? "")
        : firstSentence(moduleText(entry)),
      `[source](../../${relative(ROOT, entry.file.fileName)})`,
      `api/${apiPageName(entry)}`,
    ];
  });
  const parts = [
    GENERATED,
    "# Reference",
    "- [Configuration keys](config.md)\n- [Options](options.md) of drivers, transports and attach strategies\n- [Events](events.md)\n- [Error codes](errors.md)",
    "## Modules",
    "`npm run docs` writes a page for each, below `api/`: every exported name with its docstring and declaration. They are not kept in\nthe repository, because they repeat the sources line by line; there, the index behind each link names what it exports.",
    table(["module", "what it is", "exports", "page"], rows),
  ];
  return { path: "README.md", text: `${parts.join("\n\n")}\n` };
}
