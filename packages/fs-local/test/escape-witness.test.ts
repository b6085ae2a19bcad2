import { expect, test } from "vitest";
import { judge } from "./escape/witness.ts";

const offences = async (...lines: string[]): Promise<number> => {
  const begin = '7 openat(AT_FDCWD, "/nowhere/begin", O_PATH) = -1 ENOENT';
  const end = '7 openat(AT_FDCWD, "/nowhere/end", O_PATH) = -1 ENOENT';
  return (await judge([begin, ...lines, end], "/b", "/b/share")).offences.length;
};

test.each([
  ['7 openat2(5</b/share/a>, "f", {flags=O_PATH}, 24) = 9</b/share/a/f>'],
  ['7 openat(AT_FDCWD</work>, "/proc/self/fd/9", O_RDWR) = 10</b/share/a/f>'],
  ['7 symlinkat("../../outside/f", 5</b/share/a>, "s") = 0'],
  ['7 readlinkat(5</b/share/b>, "", "../outside", 4096) = 10'],
  ['7 statx(5</b/share/a>, "", AT_EMPTY_PATH, STATX_ALL, {stx_mode=S_IFREG}) = 0'],
])("the witness holds nothing against %s", async (line) => expect(await offences(line)).toBe(0));

test.each([
  ['7 openat2(5</b/share/b>, "f", {flags=O_PATH}, 24) = 9</b/outside/f>'],
  ['7 pread64(9</b/outside/f>, "x", 1, 0) = 1'],
  ['7 statx(5</b/share/a>, "..", 0, STATX_ALL, {}) = 0'],
  ['7 unlinkat(5</b/share/a>, "sub/f", 0) = 0'],
  ['7 openat(AT_FDCWD</work>, "/etc/passwd", O_RDONLY) = 9</etc/passwd>'],
  ['7 symlinkat("x", 5</b/share/a>, "../s") = 0'],
])("the witness tells of %s", async (line) => expect(await offences(line)).toBe(1));

test("the witness puts together what another thread interrupted", async () => {
  expect(
    await offences(
      '7 openat2(5</b/share/a>, "f", {} <unfinished ...>',
      "8 close(4) = 0",
      "7 <... openat2 resumed>, 24) = 9</b/outside/f>",
    ),
  ).toBe(1);
});
