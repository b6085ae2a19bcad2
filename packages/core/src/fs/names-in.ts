import { type DirectorySink, decodeName, type FsNode, OPEN } from "../contracts/index.ts";

/** Entries that are asked for at once: a driver that answers at once must not keep the loop from others for longer. */
const ENTRIES = 1000;

/** All names in a directory but `.` and `..`, in its own order. Throws what its `open` and `readdir` throw. */
export async function namesIn(directory: FsNode): Promise<string[]> {
  const page = new Page();
  const file = await directory.open(OPEN.READ | OPEN.DIRECTORY);
  try {
    do {
      page.room = ENTRIES;
      await file.readdir(page.nextLow, page.nextHigh, page);
    } while (page.room < ENTRIES);
  } finally {
    await file.close();
  }
  return page.names;
}

class Page implements DirectorySink {
  readonly names: string[] = [];
  room = 0;
  /** Cookie of the last entry that was taken. */
  nextLow = 0;
  nextHigh = 0;

  add(name: string, _type: number, _inode: number, next: number): boolean {
    return this.#take(name, next >>> 0, Math.floor(next / 0x1_0000_0000));
  }

  addBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    _type: number,
    _inodeLow: number,
    _inodeHigh: number,
    nextLow: number,
    nextHigh: number,
  ): boolean {
    return this.#take(decodeName(bytes, start, end), nextLow, nextHigh);
  }

  #take(name: string, nextLow: number, nextHigh: number): boolean {
    if (this.room === 0) return false;
    this.room -= 1;
    this.nextLow = nextLow;
    this.nextHigh = nextHigh;
    if (name !== "." && name !== "..") this.names.push(name);
    return true;
  }
}
