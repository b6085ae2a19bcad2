import { ConfigError } from "../contracts/config-error.ts";

/** How an option string is read. */
export interface OptionStringSyntax {
  /** The key of a first part that has none: `fsdriver` makes `local,id=fs0` mean `fsdriver=local,id=fs0`. */
  readonly impliedKey?: string;
  /** The option that the text belongs to, for messages: `-fsdev`. */
  readonly option?: string;
}

/**
 * Reads an option string as QEMU does: parts are separated by commas, `,,` is a comma in a value, a part without `=`
 * is a flag (`readonly` is `readonly=on`), the last of equal keys wins. Values stay text. Throws ConfigError for a part
 * without a key.
 */
export function parseOptionString(text: string, syntax: OptionStringSyntax = {}): Record<string, string> {
  const options = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const keyEnd = endOfKey(text, at);
    const isFlag = text[keyEnd] !== "=";
    const isImplied = isFlag && at === 0 && syntax.impliedKey !== undefined;
    const key = isImplied ? (syntax.impliedKey ?? "") : text.slice(at, keyEnd);
    if (key === "") throw noKey(text, at, syntax);
    if (isFlag && !isImplied) {
      options.set(key, "on");
      at = keyEnd + 1;
    } else {
      const { value, next } = readValue(text, isImplied ? at : keyEnd + 1);
      options.set(key, value);
      at = next;
    }
  }
  return Object.fromEntries(options);
}

/**
 * The option string that `parseOptionString` reads back as these options. Keys must not be empty nor hold `=` or `,`:
 * TypeError.
 */
export function formatOptionString(
  options: Readonly<Record<string, string>>,
  syntax: OptionStringSyntax = {},
): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (key === "" || /[=,]/.test(key)) throw new TypeError(`"${key}" cannot be a key of an option string`);
    const escaped = value.replaceAll(",", ",,");
    if (key !== syntax.impliedKey) parts.push(`${key}=${escaped}`);
    else if (value === "" || value.includes("=")) parts.unshift(`${key}=${escaped}`);
    else parts.unshift(escaped);
  }
  return parts.join(",");
}

function endOfKey(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== "=" && text[end] !== ",") end++;
  return end;
}

function readValue(text: string, from: number): { value: string; next: number } {
  let value = "";
  for (let at = from; at < text.length; at++) {
    if (text[at] === ",") {
      if (text[at + 1] !== ",") return { value, next: at + 1 };
      at++;
    }
    value += text[at];
  }
  return { value, next: text.length };
}

function noKey(text: string, at: number, syntax: OptionStringSyntax): ConfigError {
  return new ConfigError({
    code: "ERR_CONFIG_SYNTAX",
    path: syntax.option === undefined ? "" : `${syntax.option} ${text}`,
    problem: `there is no key before "${text.slice(at, at + 20)}"`,
    value: text,
    hint: "write key=value,key=value; a comma in a value is written twice",
  });
}
