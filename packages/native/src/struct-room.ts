import { mapAnonymous, viewMapping } from "./mapping.ts";

const CHUNK_LENGTH = 65_536;
const GRAIN = 64;

/** A piece of native memory for one small struct. */
export interface StructSlot {
  readonly view: DataView;
  readonly address: number;
}

// A mapping is at least a page; structs are a few hundred bytes, so they share chunks. Chunks are never unmapped.
const free = new Map<number, StructSlot[]>();
let chunk: ArrayBuffer | undefined;
let chunkAddress = 0;
let chunkUsed = 0;

/** Zero-filled room for `length` bytes. */
export function takeStruct(length: number): StructSlot {
  const size = Math.ceil(length / GRAIN) * GRAIN;
  const known = free.get(size)?.pop();
  if (known !== undefined) {
    new Uint8Array(known.view.buffer, known.view.byteOffset, size).fill(0);
    return known;
  }
  if (chunk === undefined || chunkUsed + size > chunk.byteLength) {
    const chunkLength = Math.max(CHUNK_LENGTH, size);
    chunkAddress = mapAnonymous(chunkLength);
    chunk = viewMapping(chunkAddress, chunkLength);
    chunkUsed = 0;
  }
  const slot = { view: new DataView(chunk, chunkUsed, size), address: chunkAddress + chunkUsed };
  chunkUsed += size;
  return slot;
}

/** Gives a slot back for the next {@link takeStruct} of its size. */
export function giveStruct(slot: StructSlot): void {
  const size = slot.view.byteLength;
  const slots = free.get(size);
  if (slots === undefined) {
    free.set(size, [slot]);
  } else {
    slots.push(slot);
  }
}
