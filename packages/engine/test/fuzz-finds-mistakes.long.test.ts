import { afterEach, expect, it, vi } from "vitest";
import { MessageReader } from "../src/codec/message-reader.ts";
import { Call } from "../src/session/call.ts";
import { DirectoryBuffer } from "../src/session/directory-buffer.ts";
import { Fid } from "../src/session/fid.ts";
import { FidTable } from "../src/session/fid-table.ts";
import { StatBuffer } from "../src/session/stat-buffer.ts";
import { runCase, sequenceOf } from "./fuzz/case.ts";
import { Random } from "./fuzz/random.ts";
import { countedWorld } from "./fuzz/worlds.ts";

afterEach(() => vi.restoreAllMocks());

/** What the fuzzer says of so many conversations; undefined when it finds nothing. */
async function firstFinding(cases: number): Promise<string | undefined> {
  const world = await countedWorld();
  const seen = new Set<string>();
  for (let seed = 1; seed <= cases; seed++) {
    const random = new Random(seed);
    try {
      await runCase(world, sequenceOf(random, undefined), random, seen);
    } catch (error) {
      return String((error as Error).message);
    }
  }
  await world.close();
  return undefined;
}

it("the fuzzer finds nothing where nothing is wrong", async () => {
  expect(await firstFinding(150)).toBeUndefined();
});

/* Mistakes that are planted by taking the place of a method; each is one that was made in some server. */
const mistakes: Record<string, () => void> = {
  "a fid number is taken twice": () => {
    vi.spyOn(FidTable.prototype, "refusal").mockReturnValue(0);
  },
  "a clunked fid stays": () => {
    vi.spyOn(FidTable.prototype, "detach").mockImplementation((fid) => {
      fid.detached = true;
    });
  },
  "a closed fid keeps its file": () => {
    vi.spyOn(Fid.prototype, "close").mockResolvedValue(undefined);
  },
  "a count is not cut to the room": () => {
    vi.spyOn(Call.prototype, "dataRoom").mockImplementation((count) => Math.min(count, 65536));
  },
  "a directory's entries overflow their room": () => {
    const { reset } = DirectoryBuffer.prototype;
    vi.spyOn(DirectoryBuffer.prototype, "reset").mockImplementation(function (this: DirectoryBuffer) {
      reset.call(this, 65536);
    });
  },
  "a directory's records overflow their room": () => {
    const { reset } = StatBuffer.prototype;
    vi.spyOn(StatBuffer.prototype, "reset").mockImplementation(function (this: StatBuffer) {
      reset.call(this, 65536);
    });
  },
  "a message that is cut off is taken for whole": () => {
    vi.spyOn(MessageReader.prototype, "finish").mockReturnValue(undefined);
    vi.spyOn(MessageReader.prototype, "complete", "get").mockReturnValue(true);
  },
  "a request is never answered with its own tag": () => {
    const { beginReply } = Call.prototype;
    vi.spyOn(Call.prototype, "beginReply").mockImplementation(function (this: Call, type) {
      this.tag ^= 1;
      return beginReply.call(this, type);
    });
  },
};

it.each(Object.entries(mistakes))("the fuzzer finds it when %s", async (_, plant) => {
  plant();
  expect(await firstFinding(400)).toBeDefined();
});
