/**
 * Names as strings, without loss. A Linux name is bytes; nearly all are UTF-8 and become ordinary strings. A byte that
 * is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte (U+DC80..U+DCFF, as PEP 383 does), and is turned
 * back into that byte by `encodeName`. So a driver may compare, store and concatenate names as text, and nothing is lost.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The name in `bytes[start, end)`. */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  let ascii = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return decodeWide(bytes.slice(start, end));
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

function decodeWide(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeDamaged(bytes);
  }
}

function decodeDamaged(bytes: Uint8Array): string {
  let name = "";
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    name +=
      length === 0
        ? String.fromCharCode(0xdc00 | (bytes[i] as number))
        : strict.decode(bytes.subarray(i, i + length));
    i += Math.max(length, 1);
  }
  return name;
}

/** How long the valid UTF-8 sequence at `at` is; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** The bytes of a name. Inverse of `decodeName` for everything that it returns. */
export function encodeName(name: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(name) || name.isWellFormed()) return encoder.encode(name);
  const bytes: number[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}
