import { AGAIN, IoVec, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { asyncFiles, SYNC_FILE_RANGE_WAIT_BEFORE, SYNC_FILE_RANGE_WRITE } from "@ninefold/native";
import { expect, test, vi } from "vitest";
import { anyone, folder, treeOver } from "./helpers.ts";

const made = { mode: 0o644, uid: -1, gid: -1 };
const text = (length: number): IoVec => IoVec.of(new Uint8Array(length).fill(120));

async function rangesWritten(options: Parameters<typeof treeOver>[1], flags: number): Promise<unknown[]> {
  const ranges = vi.spyOn(asyncFiles, "syncFileRange");
  try {
    const root = await (await treeOver(folder(), options)).attach("", anyone);
    const { file } = await root.create("file", flags, made);
    for (const [offset, length] of [
      [0, 100],
      [4096, 10_000],
    ] as const) {
      const now = file.tryWrite?.(offset, text(length));
      if (now === AGAIN) expect(await file.write(offset, text(length))).toBe(length);
    }
    await file.close();
    return ranges.mock.calls.map(([_fd, ...rest]) => rest);
  } finally {
    ranges.mockRestore();
  }
}

const FLAGS = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE;

test("writeout=immediate: each write begins to go to the disk before it is answered", async () => {
  expect(await rangesWritten({ writeout: "immediate" }, OPEN.READ_WRITE)).toEqual([
    [0, 100, FLAGS],
    [4096, 10_000, FLAGS],
  ]);
});

test("where an append went is not known: the whole file begins to go", async () => {
  const whole = [0, 0, FLAGS];
  expect(await rangesWritten({ writeout: "immediate" }, OPEN.WRITE | OPEN.APPEND)).toEqual([whole, whole]);
});

test("without it nothing is told to the disk", async () => {
  expect(await rangesWritten({}, OPEN.READ_WRITE)).toEqual([]);
});

test("another word is refused: QEMU takes it and does nothing", async () => {
  const options = { path: "/srv", security_model: "none", writeout: "later" };
  const { issues = [] } = await localFs.schema["~standard"].validate(options);
  expect(issues.map(({ message }) => message)).toEqual([
    'must be immediate, which is all that there is, or be left out; "later" would do nothing',
  ]);
});
