import { isProtocolError } from "@ninefold/core/contracts";
import { decodeMessage, decodeStats } from "./decode.ts";
import { layoutOf, type Message } from "./notation.ts";

/** A message as one readable line: `Twalk tag 3 fid 1 newfid 2 wname ["etc" "passwd"]`. Data is only counted. */
export function formatMessage(message: Message): string {
  const fields = Object.entries(message.fields).map(([name, value]) => `${name} ${formatValue(name, value)}`);
  return [message.type, `tag ${message.tag}`, ...fields].join(" ");
}

/** The line of a message in bytes. Bytes that are none give a line that says so. */
export function formatBytes(bytes: Uint8Array): string {
  try {
    return formatMessage(decodeMessage(bytes));
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    const type = bytes[4] ?? 0;
    return `${layoutOf(type)?.name ?? `type ${type}`} of ${bytes.length} bytes, malformed: ${error.message}`;
  }
}

const octal: ReadonlySet<string> = new Set(["mode", "flags", "perm"]);
const hexadecimal: ReadonlySet<string> = new Set(["valid", "request_mask"]);

function formatValue(name: string, value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array && name === "stat") return formatStat(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `[${value.map((element) => formatValue(name, element)).join(" ")}]`;
  if (
    typeof value === "object" &&
    value !== null &&
    "path" in value &&
    "type" in value &&
    "version" in value
  ) {
    return `(${Number(value.type).toString(16).padStart(2, "0")} ${value.version} ${value.path})`;
  }
  if (typeof value === "number" && octal.has(name) && value !== 0) return `0${value.toString(8)}`;
  if ((typeof value === "number" || typeof value === "bigint") && hexadecimal.has(name)) {
    return `0x${value.toString(16)}`;
  }
  return String(value);
}

function formatStat(record: Uint8Array): string {
  const [stat] = decodeStats(record);
  const fields = Object.entries(stat ?? {}).map(([name, value]) => `${name} ${formatValue(name, value)}`);
  return `(${fields.join(" ")})`;
}
