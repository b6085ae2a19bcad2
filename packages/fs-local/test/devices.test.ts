import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Device, freeSlot, preferredSlot } from "../src/host/device.ts";
import { codeOf, entriesOf, rootOf, statOf, treeOver } from "./helpers.ts";

// A tree over a folder in which another file system is mounted, on any Linux: no right to mount is needed.
const hasMount = existsSync("/dev/shm") && statSync("/dev").dev !== statSync("/dev/shm").dev;
if (!hasMount) console.info("skipped: /dev/shm is no mount of its own");

function withFile(use: (name: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const path = mkdtempSync("/dev/shm/fs-local-");
    writeFileSync(join(path, "f"), "");
    try {
      await use(path.slice("/dev/shm/".length));
    } finally {
      rmSync(path, { recursive: true });
    }
  };
}

describe.skipIf(!hasMount)("another file system below the folder", () => {
  test(
    "has its inode numbers marked, the same after a restart, in listings and attributes",
    withFile(async (name) => {
      const numbers: string[] = [];
      for (let start = 0; start < 2; start++) {
        const root = await rootOf(await treeOver("/dev"));
        const shm = await root.lookup("shm");
        const d = await shm.lookup(name);
        const f = await d.lookup("f");
        const stat = await statOf(f);
        expect(stat.inodeHigh >>> 31).toBe(1);
        numbers.push(`${stat.inodeHigh}:${stat.inodeLow}`);
        const listed = (await entriesOf(d)).find((entry) => entry.name === "f");
        expect([listed?.inodeHigh, listed?.inodeLow]).toEqual([stat.inodeHigh, stat.inodeLow]);
        const mount = (await entriesOf(root)).find((entry) => entry.name === "shm");
        const shmStat = await statOf(shm);
        expect([mount?.inodeHigh, mount?.inodeLow]).toEqual([shmStat.inodeHigh, shmStat.inodeLow]);
        expect((await statOf(root)).inodeHigh >>> 31).toBe(0);
      }
      expect(numbers[0]).toBe(numbers[1]);
    }),
  );

  test(
    "is left alone by warn and not served by forbid",
    withFile(async (name) => {
      const warned = await rootOf(await treeOver("/dev", { multidevs: "warn" }));
      const shm = await warned.lookup("shm");
      expect((await statOf(await (await shm.lookup(name)).lookup("f"))).inodeHigh >>> 31).toBe(0);
      const forbidden = await rootOf(await treeOver("/dev", { multidevs: "forbid" }));
      expect(await codeOf(forbidden.lookup("shm"))).toBe("ENODEV");
      expect(await codeOf(forbidden.lookup("null"))).toBe("none");
    }),
  );

  test(
    "does not take a rename or a link from here",
    withFile(async (name) => {
      const root = await rootOf(await treeOver("/dev"));
      const shm = await root.lookup("shm");
      const d = await shm.lookup(name);
      expect(await codeOf(d.rename("f", root, "fs-local-f"))).toBe("EXDEV");
    }),
  );
});

describe("marks of devices", () => {
  test("keep inode numbers of different devices apart, and those of one", () => {
    const identity = { major: 8, minor: 1, idLow: 1, idHigh: 2, type: 0xef53 };
    const devices = [undefined, 0, 1, 2, 0x7ffe].map((slot) => new Device(identity, slot));
    const seen = new Set<string>();
    const inodes = [
      [1, 0],
      [2, 0],
      [0xffff_ffff, 0],
      [1, 1],
      [1, 0xffff],
      [1, 0x1_0000],
      [2, 0x1_0000],
      [1, 0x7fff_ffff],
    ] as const;
    for (const device of devices) {
      for (const [low, high] of inodes)
        seen.add(`${device.pathHigh(low, high)}:${device.pathLow(low, high)}`);
    }
    expect(seen.size).toBe(devices.length * inodes.length);
  });

  test("are found when the preferred one is taken, until there are no more", () => {
    const preferred = preferredSlot(123, 456);
    expect(preferredSlot(123, 456)).toBe(preferred);
    expect(freeSlot(preferred, (slot) => slot === preferred)).toBe((preferred + 1) % 0x7fff);
    expect(freeSlot(preferred, () => true)).toBeUndefined();
  });
});
