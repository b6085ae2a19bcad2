import { BaseFile, namesIn } from "@ninefold/core/bases";
import { type DirectorySink, encodeName, FsError, type FsNode } from "@ninefold/core/contracts";
import { describe, expect, it } from "vitest";

/** Cookies need more than 32 bits; every second entry is given as bytes. */
const FAR = 2 ** 40;

class Listing extends BaseFile {
  isClosed = false;
  readonly #names: readonly string[];
  readonly #most: number;

  constructor(names: readonly string[], most: number) {
    super();
    this.#names = names;
    this.#most = most;
  }

  override async readdir(low: number, high: number, sink: DirectorySink): Promise<void> {
    const from = low === 0 && high === 0 ? 0 : high * 2 ** 32 + low - FAR;
    for (const [i, name] of this.#names.slice(from, from + this.#most).entries()) {
      if (name === "broken") throw new FsError("EIO");
      const next = FAR + from + i + 1;
      const bytes = encodeName(`<${name}>`);
      const isTaken =
        i % 2 === 0
          ? sink.add(name, 8, i, next)
          : sink.addBytes(bytes, 1, bytes.length - 1, 8, i, 0, next >>> 0, Math.floor(next / 2 ** 32));
      if (!isTaken) return;
    }
  }

  override async close(): Promise<void> {
    this.isClosed = true;
  }
}

function listing(names: readonly string[], most = Number.POSITIVE_INFINITY) {
  const file = new Listing(names, most);
  const directory: Pick<FsNode, "open"> = { open: async () => file };
  return { file, directory: directory as FsNode };
}

describe("names in a directory", () => {
  const many = Array.from({ length: 2500 }, (_, i) => `entry-${i}`);

  it("come whole and in order, without . and .., however few a call gives", async () => {
    expect(await namesIn(listing([".", "..", "a", "lätin-\udcff"]).directory)).toEqual(["a", "lätin-\udcff"]);
    expect(await namesIn(listing([".", "..", ...many]).directory)).toEqual(many);
    expect(await namesIn(listing([".", "..", "a", "b", "c"], 1).directory)).toEqual(["a", "b", "c"]);
    expect(await namesIn(listing([]).directory)).toEqual([]);
  });

  it("close the directory also when it cannot be read", async () => {
    const { file, directory } = listing(["a", "broken"]);
    await expect(namesIn(directory)).rejects.toMatchObject({ code: "EIO" });
    expect(file.isClosed).toBe(true);
  });
});
