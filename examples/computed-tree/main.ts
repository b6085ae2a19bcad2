// A tree whose files are computed when they are read, as /proc is: no file has bytes until somebody opens it.
import { mount } from "@ninefold/client";
import { BaseFile, NamedNode, NamedTree } from "@ninefold/core/bases";
import { definePlugin, FS_DRIVER, type FsFile, type IoVec, S_IFDIR, S_IFREG } from "@ninefold/core/contracts";
import { connect } from "@ninefold/transport-memory";
import { createBackend } from "ninefold";
import { z } from "zod";

class ComputedNode extends NamedNode {
  readonly #text: () => string;

  constructor(directory: NamedNode | undefined, name: string, mode: number, text: () => string = () => "") {
    super(directory, name, mode);
    this.#text = text;
  }

  folder(name: string): ComputedNode {
    return this.add(new ComputedNode(this, name, S_IFDIR | 0o555));
  }

  file(name: string, text: () => string): void {
    this.add(new ComputedNode(this, name, S_IFREG | 0o444, text));
  }

  /** What a reader sees is computed once, at the opening, so that a long read is of one piece. */
  override openFile(): FsFile {
    return new ComputedFile(new TextEncoder().encode(this.#text()));
  }
}

class ComputedFile extends BaseFile {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override async read(offset: number, into: IoVec): Promise<number> {
    const count = Math.min(into.length, this.#bytes.length - offset);
    return count > 0 ? into.scatter(0, this.#bytes, offset, count) : 0;
  }
}

let reads = 0;
const root = new ComputedNode(undefined, "", S_IFDIR | 0o555);
root.file("reads", () => `${++reads}\n`);
const primes = root.folder("primes");
for (let number = 2; number <= 30; number++) {
  if (Array.from({ length: number - 2 }, (_, i) => i + 2).every((divisor) => number % divisor !== 0)) {
    primes.file(`${number}`, () => `${number} has ${number.toString(2).length} binary digits\n`);
  }
}

const computed = definePlugin({
  name: "computed",
  apiVersion: 1,
  contributes: { "fs-driver": ["computed"] },
  register: (registry) =>
    registry.register(FS_DRIVER, {
      name: "computed",
      description: "numbers",
      schema: z.strictObject({}),
      open: async () => new NamedTree(root),
    }),
});

await using backend = await createBackend({
  inline: true,
  plugins: [computed],
  fsdevs: { fs0: { driver: "computed" } },
  devices: [{ type: "9p-memory", fsdev: "fs0", mount_tag: "host", name: "numbers" }],
});
{
  await using guest = await mount(connect("numbers"));
  const text = async (path: string): Promise<string> =>
    new TextDecoder().decode(await guest.readFile(path)).trim();
  console.log((await guest.readdir("primes")).map(({ name }) => name).join(" "));
  console.log(await text("primes/29"));
  console.log(`read ${await text("reads")} time, ${await text("reads")} times`);
  await guest.writeFile("primes/4", "a prime").catch((error: Error) => console.log(error.message));
}
void backend;
