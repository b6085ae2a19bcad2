import { Errno } from "./errno.ts";

// File names are bytes. As in Python's surrogateescape, a byte that is not part of valid UTF-8 travels in a string as the lone
// surrogate U+DC00 + byte, so that every name survives the way to JavaScript and back.

const ESCAPE_BASE = 0xdc00;
const REPLACEMENT = "\ufffd";

/**
 * Writes `name` and a NUL at `start`; answers how many bytes the name has. -EINVAL: an embedded NUL; -ENAMETOOLONG: `room`
 * does not suffice; -EILSEQ: a surrogate that stands for no byte.
 */
export function encodeName(name: string, bytes: Uint8Array, start: number, room: number): number {
  const length = name.length;
  if (length >= room) {
    return -Errno.ENAMETOOLONG;
  }
  for (let index = 0; index < length; index++) {
    const unit = name.charCodeAt(index);
    if (unit === 0) {
      return -Errno.EINVAL;
    }
    if (unit > 0x7f) {
      return encodeWide(name, bytes, start, room);
    }
    bytes[start + index] = unit;
  }
  bytes[start + length] = 0;
  return length;
}

function encodeWide(name: string, bytes: Uint8Array, start: number, room: number): number {
  const last = start + room - 1;
  let at = start;
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code === 0) {
      return -Errno.EINVAL;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code < ESCAPE_BASE + 0x80 || code > ESCAPE_BASE + 0xff) {
        return -Errno.EILSEQ;
      }
      if (at >= last) {
        return -Errno.ENAMETOOLONG;
      }
      bytes[at++] = code - ESCAPE_BASE;
      continue;
    }
    if (at + size > last) {
      return -Errno.ENAMETOOLONG;
    }
    if (size === 1) {
      bytes[at++] = code;
      continue;
    }
    bytes[at++] = (size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0) | (code >>> (6 * (size - 1)));
    for (let shift = 6 * (size - 2); shift >= 0; shift -= 6) {
      bytes[at++] = 0x80 | ((code >>> shift) & 0x3f);
    }
  }
  bytes[at] = 0;
  return at - start;
}

/** The name in `bytes[start..end)`. */
export function decodeName(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((bytes[at] ?? 0) > 0x7f) {
      return decodeWide(bytes, start, end);
    }
  }
  return bytes.toString("latin1", start, end);
}

function decodeWide(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  if (!text.includes(REPLACEMENT)) {
    return text;
  }
  let name = "";
  let at = start;
  while (at < end) {
    const size = sequenceLength(bytes, at, end);
    name +=
      size === 0
        ? String.fromCharCode(ESCAPE_BASE + (bytes[at] ?? 0))
        : bytes.toString("utf8", at, at + size);
    at += Math.max(size, 1);
  }
  return name;
}

/** Length of the well-formed sequence (Unicode table 3-7) at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) {
    return 1;
  }
  const size =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  if (size === 0 || at + size > end) {
    return 0;
  }
  const second = bytes[at + 1] ?? 0;
  // Overlong forms, encoded surrogates and code points over U+10FFFF are told by the second byte.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) {
    return 0;
  }
  for (let index = at + 2; index < at + size; index++) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) {
      return 0;
    }
  }
  return size;
}
