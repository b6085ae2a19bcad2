import {
  Attributes,
  ERRNO,
  errnoOf,
  type FsNode,
  type FsTree,
  OPEN,
  type TimeChange,
} from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdMap } from "../src/idmap/id-map.ts";
import { idmap } from "../src/index.ts";
import { mistakesIn, rootOf, wrapped } from "./helpers.ts";

async function ownersOf(node: FsNode): Promise<[number, number]> {
  const now = new Attributes();
  const later = new Attributes();
  expect(node.tryStat?.(now)).toBe(0);
  await node.stat(later);
  expect([now.uid, now.gid]).toEqual([later.uid, later.gid]);
  return [later.uid, later.gid];
}

const errno = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error: unknown) => errnoOf(error),
  );

async function both(
  options: Record<string, unknown>,
): Promise<{ host: FsNode; guest: FsNode; tree: FsTree }> {
  const inner = await memoryTree();
  const tree = await wrapped(idmap, options, inner);
  return { host: await rootOf(inner), guest: await rootOf(tree), tree };
}

const MAP = { uid: ["0:1000", "1000:101000:64000"], gid: "0:2000:10" };

test("what a guest makes belongs to the host's ids, and is shown as the guest's", async () => {
  const { host, guest } = await both(MAP);
  const options = { mode: 0o755, uid: 1005, gid: 3 };
  await guest.mkdir("folder", options);
  await guest.symlink("link", "x", options);
  await guest.mknod("fifo", 0, { ...options, mode: 0o010644 });
  await guest.create("file", OPEN.WRITE, options);
  for (const name of ["folder", "link", "fifo", "file"]) {
    expect(await ownersOf(await host.lookup(name)), name).toEqual([101005, 2003]);
    expect(await ownersOf(await guest.lookup(name)), name).toEqual([1005, 3]);
  }
  const file = await guest.lookup("file");
  await file.setattr({ uid: 0, gid: 9 }, undefined);
  expect(await ownersOf(await host.lookup("file"))).toEqual([1000, 2009]);
});

test("ids that map nowhere: a guest's are EPERM, the host's are shown as nobody", async () => {
  const { host, guest, tree } = await both(MAP);
  expect(await errno(guest.mkdir("folder", { mode: 0o755, uid: 5, gid: 0 }))).toBe(ERRNO.EPERM);
  expect(await errno(guest.mkdir("folder", { mode: 0o755, uid: 0, gid: 10 }))).toBe(ERRNO.EPERM);
  expect(await errno(host.lookup("folder")), "nothing was made").toBe(ERRNO.ENOENT);
  await host.mkdir("hosts", { mode: 0o755, uid: 0, gid: 0 });
  const hosts = await guest.lookup("hosts");
  expect(await ownersOf(hosts)).toEqual([65534, 65534]);
  expect(await errno(hosts.setattr({ uid: 65534 }, undefined))).toBe(ERRNO.EPERM);
  expect(await errno(hosts.setattr({ mode: 0o700 }, undefined))).toBe(0);
  expect(await errno(tree.attach("", { name: "", uid: 7 }))).toBe(ERRNO.EPERM);
  expect(await errno(tree.attach("", { name: "", uid: -1 }))).toBe(0);
});

test("who gives no id owns nothing of the server's", async () => {
  const { host, guest } = await both(MAP);
  await guest.mkdir("folder", { mode: 0o755, uid: -1, gid: -1 });
  expect(await ownersOf(await host.lookup("folder"))).toEqual([1000, 2000]);
  const without = await both({ uid: "5:1000", gid: "5:1000" });
  expect(await errno(without.guest.mkdir("folder", { mode: 0o755, uid: -1, gid: 5 }))).toBe(ERRNO.EPERM);
});

test("squash: all others are one user of the host", async () => {
  const squash = { others: "squash", "squash-uid": 1234, "squash-gid": 4321, "unknown-uid": 99 };
  const { host, guest } = await both({ ...MAP, ...squash });
  await guest.mkdir("folder", { mode: 0o755, uid: 77, gid: 77 });
  expect(await ownersOf(await host.lookup("folder"))).toEqual([1234, 4321]);
  expect(await ownersOf(await guest.lookup("folder"))).toEqual([99, 65534]);
});

test("without ranges of groups these stay as they are", async () => {
  const { host, guest } = await both({ uid: "0:1000" });
  await guest.mkdir("folder", { mode: 0o755, uid: 0, gid: 50 });
  expect(await ownersOf(await host.lookup("folder"))).toEqual([1000, 50]);
});

/** version 2; user 1005 rw-, group 3 r--, mask. */
function acl(user: number, group: number): Uint8Array {
  const bytes = new Uint8Array(4 + 3 * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 2, true);
  for (const [index, [tag, permissions, id]] of [
    [2, 6, user],
    [8, 4, group],
    [0x10, 7, 0xffff_ffff],
  ].entries()) {
    view.setUint16(4 + index * 8, tag ?? 0, true);
    view.setUint16(6 + index * 8, permissions ?? 0, true);
    view.setUint32(8 + index * 8, id ?? 0, true);
  }
  return bytes;
}

test("the ids in POSIX ACLs are mapped both ways; other attributes are left alone", async () => {
  const { host, guest } = await both(MAP);
  await guest.mkdir("folder", { mode: 0o755, uid: 0, gid: 0 });
  const [below, above] = [await host.lookup("folder"), await guest.lookup("folder")];
  const name = "system.posix_acl_access";
  await above.setXattr(name, acl(1005, 3), "set");
  expect(await below.getXattr(name)).toEqual(acl(101005, 2003));
  expect(await above.getXattr(name)).toEqual(acl(1005, 3));
  expect(await errno(above.setXattr(name, acl(5, 3), "set"))).toBe(ERRNO.EPERM);
  expect(await errno(above.setXattr(name, acl(5, 3).subarray(0, 9), "set"))).toBe(ERRNO.EINVAL);
  await above.setXattr("user.x", acl(5, 5), "set");
  expect(await below.getXattr("user.x")).toEqual(acl(5, 5));
});

test("times and sizes pass as they are", async () => {
  const { host, guest } = await both(MAP);
  const { node, file } = await guest.create("file", OPEN.READ_WRITE, { mode: 0o644, uid: 0, gid: 0 });
  const mtime: TimeChange = { sec: 5, nsec: 7 };
  await node.setattr({ size: 10, mtime, uid: 1000 }, file);
  const into = new Attributes();
  await (await host.lookup("file")).stat(into);
  expect(into).toMatchObject({ size: 10, mtimeSec: 5, mtimeNsec: 7, uid: 101000 });
});

test("there and back is where it began, for every id of a range; no two guests' ids are one host's", () => {
  const range = fc.record({
    guest: fc.integer({ min: 0, max: 100_000 }),
    host: fc.integer({ min: 0, max: 2 ** 31 }),
    count: fc.integer({ min: 1, max: 70_000 }),
  });
  fc.assert(
    fc.property(range, fc.nat(), fc.nat(), (one, a, b) => {
      const map = new IdMap([one], { squash: undefined, unknown: 65534 });
      const [first, second] = [one.guest + (a % one.count), one.guest + (b % one.count)];
      expect(map.toGuest(map.toHost(first))).toBe(first);
      expect(map.toHost(first) === map.toHost(second)).toBe(first === second);
      expect(() => map.toHost(one.guest + one.count)).toThrow("in no range");
      expect(map.toGuest(one.host + one.count)).toBe(65534);
    }),
  );
});

test.each<[Record<string, unknown>, string]>([
  [{}, "uid: or gid must be given: ranges such as 0:100000:65536"],
  [
    { uid: "0" },
    'uid.0: must be ranges GUEST:HOST or GUEST:HOST:COUNT, such as 0:100000:65536, with ids up to 4294967294, not "0"',
  ],
  [
    { uid: "0:4294967290:6" },
    'uid.0: must be ranges GUEST:HOST or GUEST:HOST:COUNT, such as 0:100000:65536, with ids up to 4294967294, not "0:4294967290:6"',
  ],
  [{ uid: "0:1000:10,5:5000" }, "uid: has the guest's id 5 in two ranges: leave one out"],
  [{ gid: ["0:1000:10", "50:1009"] }, "gid: has the host's id 1009 in two ranges: leave one out"],
])("%j is refused, with the mend", async (options, expected) => {
  expect(await mistakesIn(idmap, options)).toEqual([expected]);
});
