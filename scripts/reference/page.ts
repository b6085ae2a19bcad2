/** A generated page. */
export interface Page {
  /** Below docs/reference. */
  readonly path: string;
  readonly text: string;
}

/** The first line of each page. */
export const GENERATED = "<!-- Written by `npm run docs` from the sources: change those. -->";

/** A Markdown table; what would end a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return withoutTags(text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " "));
}

/** Markdown in which `<` is a sign, and begins no HTML. */
export function withoutTags(text: string): string {
  const parts = text.split("`");
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "\\<") : part)).join("`");
}

/** The first sentence of a text, on one line. */
export function firstSentence(text: string): string {
  const [paragraph = ""] = text.split("\n\n");
  const flat = paragraph.replaceAll("\n", " ");
  return /^.*?\.(?= |$)/.exec(flat)?.[0] ?? flat;
}
