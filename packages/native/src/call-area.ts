import { mapAnonymous, viewMapping } from "./mapping.ts";
import { encodeName } from "./names.ts";
import { whyUnsupported } from "./platform.ts";

/** PATH_MAX: the kernel takes no longer name, its NUL included. */
const NAME_ROOM = 4096;
const STRUCT_AT = 2 * NAME_ROOM;
/** Bytes of one area: two names and a page for structs. */
export const AREA_LENGTH: number = STRUCT_AT + 4096;

/** Native memory in which one call at a time puts its names and structs. */
export class CallArea {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Address of the room for structs, which {@link view} covers. */
  readonly struct: number;
  readonly #first: number;
  readonly #second: number;

  constructor(memory: ArrayBuffer, start: number, address: number) {
    this.bytes = new Uint8Array(memory, start, AREA_LENGTH);
    this.view = new DataView(memory, start + STRUCT_AT, AREA_LENGTH - STRUCT_AT);
    this.struct = address + STRUCT_AT;
    this.#first = address;
    this.#second = address + NAME_ROOM;
  }

  /** Address of `name` with a NUL behind it, or a negative errno. */
  putName(name: string): number {
    const length = encodeName(name, this.bytes, 0, NAME_ROOM);
    return length < 0 ? length : this.#first;
  }

  /** As {@link putName}, for the second name of a call. */
  putSecondName(name: string): number {
    const length = encodeName(name, this.bytes, NAME_ROOM, NAME_ROOM);
    return length < 0 ? length : this.#second;
  }
}

/** `count` areas side by side. They live as long as the process: a call on a pool thread may use one at any time. */
export function makeCallAreas(count: number): CallArea[] {
  const length = count * AREA_LENGTH;
  // Where nothing is supported the calls throw, so no area is ever read; only the import has to succeed.
  const isReal = whyUnsupported() === undefined;
  const address = isReal ? mapAnonymous(length) : 0;
  const memory = isReal ? viewMapping(address, length) : new ArrayBuffer(length);
  return Array.from({ length: count }, (_, index) => {
    const start = index * AREA_LENGTH;
    return new CallArea(memory, start, address + start);
  });
}

function makeSyncArea(): CallArea {
  const [area] = makeCallAreas(1);
  if (area === undefined) {
    throw new RangeError("no call area");
  }
  return area;
}

/** The area of all synchronous calls: each is over before the next begins. */
export const syncArea: CallArea = makeSyncArea();
