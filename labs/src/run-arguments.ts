import { parseArgs } from "node:util";
import type { GuestKind } from "./options.ts";

export interface RunArguments {
  readonly kind: GuestKind;
  /** For the guest's shell; its own options included. */
  readonly command: string;
  /** The folder that is shared; one with samples when undefined. */
  readonly folder: string | undefined;
  readonly tools: boolean;
  /** Print the exact command that starts the guest. */
  readonly print: boolean;
}

const KINDS: Readonly<Record<string, GuestKind>> = {
  uml: "uml",
  qemu: "qemu-pci",
  "qemu-pci": "qemu-pci",
  "qemu-mmio": "qemu-mmio",
};

const OPTIONS = {
  tools: { type: "boolean" },
  folder: { type: "string" },
  print: { type: "boolean" },
} as const;

/**
 * Reads KIND [OPTION…] [--] COMMAND…: the options end where the command begins, so that it may have some of its own. Throws
 * an Error that says what is wrong.
 */
export function readRunArguments(args: readonly string[]): RunArguments {
  const [name = "", ...rest] = args;
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(`no guest of kind "${name}"`);
  const end = endOfOptions(rest);
  const { values } = parseArgs({ args: rest.slice(0, end), options: OPTIONS });
  const command = rest.slice(rest[end] === "--" ? end + 1 : end).join(" ");
  if (command === "") throw new Error("no command for the guest");
  return { kind, command, folder: values.folder, tools: values.tools ?? false, print: values.print ?? false };
}

function endOfOptions(args: readonly string[]): number {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.find(({ kind }) => kind !== "option")?.index ?? args.length;
}
