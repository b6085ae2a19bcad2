import { MemoryXenStore, type NodeEntry } from "./memory-store.ts";
import { parsePermissions } from "./permissions.ts";
import { decodeValue } from "./text.ts";

/** `name = "value"`, or `name:` for a node that could not be read; then, with -p, dots and the permissions. */
const LINE = /^( *)([A-Za-z0-9\-_@/]+)(?: = "(.*)"|:)(?:[ .]*\(([nrwb]\d+(?:,[nrwb]\d+)*)\))?\s*$/;

export interface ListingOptions {
  /** The node that `xenstore-ls` was asked for, when it was not the root; of use to listings without -f. */
  readonly root?: string;
  /** See MemoryXenStoreOptions. */
  readonly domid?: number;
}

/**
 * The nodes in what `xenstore-ls` has printed, with -f (full paths) or without (indented), with -p (permissions) or
 * without. With -f, lines that are no nodes are skipped: captures have remarks between them. Without, they are a mistake, because
 * the place of each node depends on the lines above. Throws SyntaxError that names the line.
 *
 * Without -f, xenstore-ls cuts long values at the terminal's width and marks that; such a value throws too.
 */
export function parseListing(text: string, { root = "/" }: ListingOptions = {}): NodeEntry[] {
  const lines = text.split("\n");
  const isFull = lines.some((line) => LINE.test(line) && line.startsWith("/"));
  const above: string[] = [];
  const entries: NodeEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const [, indent = "", name = "", value = "", permissions] = LINE.exec(line) ?? [];
    if (name === "" || name.startsWith("/") !== isFull) {
      if (isFull || line.trim() === "") continue;
      throw new SyntaxError(`line ${index + 1} of the xenstore listing is no node: ${line}`);
    }
    above.splice(indent.length);
    if (above.length < indent.length) {
      throw new SyntaxError(`line ${index + 1} of the xenstore listing is below no node: ${line}`);
    }
    above.push(name);
    entries.push({
      path: isFull ? name : [root === "/" ? "" : root, ...above].join("/"),
      value: unescapeValue(value, index + 1),
      ...(permissions === undefined ? {} : { permissions: parsePermissions(permissions) }),
    });
  }
  return entries;
}

/** A xenstore in memory that holds what `xenstore-ls` has printed. Throws as `parseListing` does. */
export function readListing(text: string, options: ListingOptions = {}): MemoryXenStore {
  const nodes = parseListing(text, options);
  return new MemoryXenStore(options.domid === undefined ? { nodes } : { nodes, domid: options.domid });
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Source: Xen's xs_sanitise_value: C escapes, octal or hexadecimal for bytes that are not printable. */
function unescapeValue(value: string, line: number): string {
  const bytes = Buffer.from(value).toString("latin1");
  const unescaped = bytes.replace(/\\([0-7]{3}|x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (/^x..$/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const character = escapes[code];
    if (character !== undefined) return character;
    throw new SyntaxError(
      code === "."
        ? `line ${line} of the xenstore listing was cut at the terminal's width: capture it with xenstore-ls -f`
        : `line ${line} of the xenstore listing has an unknown escape: \\${code}`,
    );
  });
  return decodeValue(Buffer.from(unescaped, "latin1"));
}
