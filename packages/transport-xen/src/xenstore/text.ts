import { decodeName, encodeName } from "@ninefold/core/contracts";

/** The bytes of `parts`, each ended by a NUL. */
export function encodeStrings(...parts: readonly string[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [encodeName(part), NUL]));
}

/** The strings of a payload in which each is ended by a NUL. */
export function decodeStrings(payload: Buffer): string[] {
  const strings: string[] = [];
  for (let start = 0; start < payload.length; ) {
    const end = payload.indexOf(0, start);
    const stop = end < 0 ? payload.length : end;
    strings.push(decodeName(payload, start, stop));
    start = stop + 1;
  }
  return strings;
}

export function decodeValue(payload: Buffer): string {
  return decodeName(payload, 0, payload.length);
}

const NUL = Buffer.alloc(1);
