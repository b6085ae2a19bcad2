import { closeSync, openSync, readdirSync } from "node:fs";
import {
  asyncFiles,
  close,
  DirectoryEntries,
  Errno,
  getdents64,
  linkat,
  mkdirat,
  NativeMemory,
  O_CREAT,
  O_WRONLY,
  openat,
  readlinkat,
  renameat2,
  symlinkat,
  unlinkat,
} from "@ninefold/native";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeName, encodeName } from "../src/names.ts";
import { makeFolder, places } from "./folders.ts";

function listNames(fd: number): string[] {
  using memory = NativeMemory.allocate(65_536);
  const entries = new DirectoryEntries(memory);
  entries.reset(getdents64(fd, memory.address, memory.length));
  const names: string[] = [];
  while (entries.next()) {
    names.push(entries.name);
  }
  return names.filter((name) => name !== "." && name !== "..");
}

const strangeNames = [
  "plain",
  "ä ö ü",
  "日本語",
  "😀",
  "\udcff\udcfe",
  "half\udcc3",
  "mixed é \udce9 end",
  "\udced\udca0\udc80",
  "\udcf4\udc90\udc80\udc80",
  "\udcc0\udcaf",
  "real replacement \ufffd",
  "\ufffd\udc80",
  "new\nline",
  "x".repeat(255),
];

describe.each(places)("names below %s", (place) => {
  it("come back as they were given, whatever their bytes are", () => {
    const { fd, path } = makeFolder(place, onTestFinished);
    for (const name of strangeNames) {
      const file = openat(fd, name, O_CREAT | O_WRONLY, 0o600);
      expect(file).toBeGreaterThan(0);
      close(file);
    }
    const again = openat(fd, ".", 0o200000);
    expect(listNames(again).sort()).toEqual([...strangeNames].sort());
    close(again);
    const onDisk = readdirSync(path, { encoding: "buffer" }).map((name) => name.toString("hex"));
    expect(onDisk).toContain("fffe");
    expect(onDisk).toContain("68616c66c3");
    expect(onDisk).toContain(Buffer.from("ä ö ü").toString("hex"));
  });

  it("serve in calls with two of them", async () => {
    const { fd } = makeFolder(place, onTestFinished);
    expect(mkdirat(fd, "a\udcff", 0o700)).toBe(0);
    expect(renameat2(fd, "a\udcff", fd, "b\udcfe", 0)).toBe(0);
    expect(symlinkat("target\udc80", fd, "link\udc81")).toBe(0);
    const into = Buffer.alloc(64);
    const length = readlinkat(fd, "link\udc81", into);
    expect(into.subarray(0, length).toString("hex")).toBe(`${Buffer.from("target").toString("hex")}80`);
    into.fill(0);
    expect(await asyncFiles.readlinkat(fd, "link\udc81", into)).toBe(length);
    expect(into[length - 1]).toBe(0x80);
    expect(linkat(fd, "link\udc81", fd, "second", 0)).toBe(0);
    expect(unlinkat(fd, "link\udc81", 0)).toBe(0);
    expect(await asyncFiles.renameat2(fd, "second", fd, "third", 0)).toBe(0);
    expect(unlinkat(fd, "second", 0)).toBe(-Errno.ENOENT);
    expect(linkat(fd, "bad\0", fd, "x", 0)).toBe(-Errno.EINVAL);
    expect(linkat(fd, "third", fd, "bad\0", 0)).toBe(-Errno.EINVAL);
  });
});

describe("the encoding of names", () => {
  it("loses no byte and makes no two strings of one name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (raw) => {
        const bytes = raw.map((byte) => byte || 1);
        const name = decodeName(Buffer.from(bytes), 0, bytes.length);
        const out = Buffer.alloc(128, 0xee);
        expect(encodeName(name, out, 0, 128)).toBe(bytes.length);
        expect(out.subarray(0, bytes.length).equals(bytes)).toBe(true);
        expect(out[bytes.length]).toBe(0);
        expect(name.isWellFormed()).toBe(Buffer.from(name).equals(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("agrees with UTF-8 for every well-formed string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 64 }), (text) => {
        const name = text.replaceAll("\0", "");
        const out = Buffer.alloc(300);
        const length = encodeName(name, out, 0, 300);
        expect(out.toString("utf8", 0, length)).toBe(name);
        expect(decodeName(out, 0, length)).toBe(name);
      }),
    );
  });

  it("fills its room to the last byte and not beyond", () => {
    const out = Buffer.alloc(8, 0xee);
    expect(encodeName("abc", out, 0, 4)).toBe(3);
    expect(encodeName("abcd", out, 0, 4)).toBe(-Errno.ENAMETOOLONG);
    expect(encodeName("aé", out, 0, 4)).toBe(3);
    expect(encodeName("éé", out, 0, 4)).toBe(-Errno.ENAMETOOLONG);
    expect(encodeName("a\udcff\udcff", out, 0, 4)).toBe(3);
    expect(encodeName("\udcff\udcff\udcff\udcff", out, 0, 4)).toBe(-Errno.ENAMETOOLONG);
    expect([...out.subarray(4)]).toEqual([0xee, 0xee, 0xee, 0xee]);
  });
});

it("an ordinary descriptor of Node's is the same descriptor", () => {
  const fd = openSync("/proc/version", "r");
  expect(close(fd)).toBe(0);
  expect(() => closeSync(fd)).toThrow(/EBADF/);
});
