import { expect, test } from "vitest";
import { cpioOf } from "../src/cpio.ts";

/** Reads an archive as the kernel does: header, name, data, each part aligned to four bytes. */
function entries(archive: Buffer): { name: string; mode: number; data: string; device: [number, number] }[] {
  const found = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number): number =>
      Number.parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const dataAt = (nameEnd + 3) & ~3;
    found.push({
      name: archive.toString("utf8", at + 110, nameEnd - 1),
      mode: field(1),
      data: archive.toString("utf8", dataAt, dataAt + field(6)),
      device: [field(9), field(10)] as [number, number],
    });
    at = (dataAt + field(6) + 3) & ~3;
  }
  return found;
}

test("an archive holds the folders, the files and the device nodes, then its end", () => {
  const archive = cpioOf([
    { path: "/a/b/café", mode: 0o100755, data: "été" },
    { path: "a/c", mode: 0o100644, data: Buffer.from([120]) },
    { path: "dev/console", mode: 0o020600, device: [5, 1] },
  ]);
  expect(archive.length % 4).toBe(0);
  expect(entries(archive).map(({ name, mode, data }) => [name, mode.toString(8), data])).toEqual([
    ["a", "40755", ""],
    ["a/b", "40755", ""],
    ["a/b/café", "100755", "été"],
    ["a/c", "100644", "x"],
    ["dev", "40755", ""],
    ["dev/console", "20600", ""],
    ["TRAILER!!!", "0", ""],
  ]);
  expect(entries(archive).find(({ name }) => name === "dev/console")?.device).toEqual([5, 1]);
});
