import { attach, connectClient, type Mount, mount } from "@ninefold/client";
import { OPEN, S_IFCHR, S_IFIFO } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { overMemory, overTcp, overUnix, overVirtqueue, type Serve } from "./served-tree.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (state * 48_271) % 2_147_483_647;
    bytes[i] = state;
  }
  return bytes;
}

const ways: [string, Serve][] = [
  ["memory", overMemory],
  ["TCP", overTcp],
];
if (process.platform !== "win32") ways.push(["a Unix socket", overUnix]);
if (process.platform === "linux") ways.push(["a virtqueue", overVirtqueue]);

describe.each(ways)("a tree behind the engine, over %s,", (_, serve) => {
  async function mounted(msize?: number): Promise<Mount> {
    const connect = await serve(await memoryTree());
    return mount(await connect(), msize === undefined ? {} : { msize });
  }

  test("keeps files", async () => {
    const tree = await mounted();
    await tree.writeFile("hello", "hello, world\n");
    expect(text(await tree.readFile("/hello"))).toBe("hello, world\n");
    await tree.writeFile("hello", "bye");
    expect(text(await tree.readFile("hello"))).toBe("bye");
    expect(await tree.stat("hello")).toMatchObject({ type: "file", size: 3, mode: 0o100644, nlink: 1 });
    await tree.close();
  });

  test.each([undefined, 4096, 8192])("moves files of megabytes, with an msize of %s", async (msize) => {
    const tree = await mounted(msize);
    const data = noise(3_000_001);
    await tree.writeFile("large", data);
    const back = await tree.readFile("large");
    expect(Buffer.compare(back, data)).toBe(0);
    await expect(tree.readFile("large", 1_000_000)).rejects.toMatchObject({ code: "EFBIG" });
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < data.length; at += 70_000) yield data.subarray(at, at + 70_000);
    }
    await tree.writeFile("copy", pieces());
    expect(Buffer.compare(await tree.readFile("copy"), data)).toBe(0);
    await tree.close();
  });

  test("keeps directories, in order, however many names they have", async () => {
    const tree = await mounted(4096);
    await tree.mkdir("d", 0o750);
    const names = Array.from({ length: 500 }, (_, i) => `name-${i}-${"x".repeat(i % 50)}`);
    await Promise.all(names.map((name) => tree.writeFile(`d/${name}`, "")));
    const items = await tree.readdir("d");
    expect(items.map((item) => item.name).toSorted()).toEqual(names.toSorted());
    expect(new Set(items.map((item) => item.inode)).size).toBe(500);
    expect(items.every((item) => item.type === "file")).toBe(true);
    expect((await tree.stat("d")).mode).toBe(0o040750);
    await expect(tree.rmdir("d")).rejects.toMatchObject({ code: "ENOTEMPTY" });
    for (const name of names) await tree.unlink(`d/${name}`);
    await tree.rmdir("d");
    expect(await tree.readdir("")).toEqual([]);
    await tree.close();
  });

  test("walks deep paths", async () => {
    const tree = await mounted();
    let path = "";
    for (let i = 0; i < 40; i++) {
      path += `/d${i}`;
      await tree.mkdir(path);
    }
    await tree.writeFile(`${path}/f`, "deep");
    expect(text(await tree.readFile(`${path}/f`))).toBe("deep");
    await expect(tree.stat(`${path}/g`)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(tree.stat("d0/none/d2")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(tree.stat(`${path}/f/g`)).rejects.toMatchObject({
      code: expect.stringMatching(/ENOENT|ENOTDIR/),
    });
    await tree.close();
  });

  test("renames, links and makes all kinds of nodes", async () => {
    const tree = await mounted();
    await tree.writeFile("a", "text");
    await tree.mkdir("d");
    await tree.rename("a", "d/b");
    await tree.link("d/b", "c");
    expect(await tree.stat("c")).toMatchObject({ nlink: 2, size: 4 });
    await tree.symlink("../elsewhere", "d/s");
    expect(await tree.readlink("d/s")).toBe("../elsewhere");
    await tree.mknod("fifo", S_IFIFO | 0o600);
    await tree.mknod("null", S_IFCHR | 0o666, 1, 3);
    expect((await tree.readdir("")).map(({ name, type }) => `${name} ${type}`)).toEqual([
      "d directory",
      "c file",
      "fifo fifo",
      "null character",
    ]);
    expect((await tree.stat("null")).rdev).toBe(0x103);
    await expect(tree.mkdir("d")).rejects.toMatchObject({ code: "EEXIST" });
    await expect(tree.unlink("d")).rejects.toMatchObject({ code: "EISDIR" });
    await expect(tree.open("fifo")).rejects.toMatchObject({ code: "ENXIO" });
    await tree.close();
  });

  test("changes attributes", async () => {
    const tree = await mounted();
    await tree.writeFile("f", "0123456789");
    await tree.setattr("f", { mode: 0o600, uid: 5, gid: 6, size: 4, mtime: { sec: 1_000_000, nsec: 5 } });
    expect(await tree.stat("f")).toMatchObject({
      mode: 0o100600,
      uid: 5,
      gid: 6,
      size: 4,
      mtime: { sec: 1_000_000, nsec: 5 },
    });
    expect(text(await tree.readFile("f"))).toBe("0123");
    await expect(tree.setattr("f", { size: -1 })).rejects.toMatchObject({ code: "EINVAL" });
    await tree.close();
  });

  test("keeps extended attributes", async () => {
    const tree = await mounted();
    await tree.writeFile("f", "");
    await tree.setXattr("f", "user.a", "one");
    await tree.setXattr("f", "user.big", noise(30_000));
    expect(text(await tree.getXattr("f", "user.a"))).toBe("one");
    expect(await tree.getXattr("f", "user.big")).toEqual(noise(30_000));
    expect(await tree.listXattrs("f")).toEqual(["user.a", "user.big"]);
    await expect(tree.setXattr("f", "user.a", "x", "create")).rejects.toMatchObject({ code: "EEXIST" });
    await tree.removeXattr("f", "user.a");
    await expect(tree.getXattr("f", "user.a")).rejects.toMatchObject({ code: "ENODATA" });
    await tree.close();
  });

  test("keeps open files that are unlinked, and reads and writes anywhere in them", async () => {
    const tree = await mounted();
    await using file = await tree.create("f", OPEN.READ_WRITE | OPEN.EXCLUSIVE);
    await expect(tree.create("f", OPEN.READ_WRITE | OPEN.EXCLUSIVE)).rejects.toMatchObject({
      code: "EEXIST",
    });
    await tree.unlink("f");
    await file.write(5, new TextEncoder().encode("world"));
    await file.setattr({ size: 8 });
    await file.fsync();
    expect(text(await file.read(0, 100))).toBe("\0\0\0\0\0wor");
    expect(await file.stat()).toMatchObject({ nlink: 0, size: 8 });
    expect(await tree.readdir("")).toEqual([]);
  });

  test("is one for all its connections, whose conversations are their own", async () => {
    const connect = await serve(await memoryTree());
    const [one, two] = [await mount(await connect()), await mount(await connect(), { uid: 7, gid: 8 })];
    await two.writeFile("f", "two's");
    expect(text(await one.readFile("f"))).toBe("two's");
    expect(await one.stat("f")).toMatchObject({ gid: 8 });
    const other = await attach(one.client);
    expect(text(await other.readFile("f"))).toBe("two's");
    const lock = { type: 1, flags: 0, start: 0, length: 0, proc_id: 1, client_id: "vm" };
    const [first, second] = [await one.open("f", OPEN.READ_WRITE), await two.open("f", OPEN.READ_WRITE)];
    expect(await one.client.rpc("Tlock", { fid: first.fid, ...lock })).toEqual({ status: 0 });
    expect(await two.client.rpc("Tlock", { fid: second.fid, ...lock })).toEqual({ status: 1 });
    await one.close();
    await expect.poll(() => two.client.rpc("Tlock", { fid: second.fid, ...lock })).toEqual({ status: 0 });
    await two.close();
  });

  test("answers a thousand requests at once", async () => {
    const tree = await mounted();
    await Promise.all(Array.from({ length: 100 }, (_, i) => tree.writeFile(`f${i}`, `text ${i}`)));
    const all = await Promise.all(Array.from({ length: 1000 }, (_, i) => tree.readFile(`f${i % 100}`)));
    expect(all.map(text)).toEqual(Array.from({ length: 1000 }, (_, i) => `text ${i % 100}`));
    await tree.close();
    await expect(tree.stat("f1")).rejects.toMatchObject({ code: "EIO" });
  });

  test("says how full it is", async () => {
    const tree = await mounted();
    const before = await tree.statfs();
    await tree.writeFile("f", noise(2_000_000));
    expect((await tree.statfs("f")).blocksFree).toBeLessThan(before.blocksFree);
    expect(before.nameLength).toBe(255);
    await tree.close();
  });

  test("keeps names that are no UTF-8", async () => {
    const tree = await mounted();
    await tree.writeFile("caf\udce9", "");
    expect((await tree.readdir(""))[0]?.name).toBe("caf\udce9");
    await tree.unlink("caf\udce9");
    await tree.close();
  });

  test("gives fids back, also after errors", async () => {
    const connect = await serve(await memoryTree({ files: { f: "" } }));
    const client = await connectClient(await connect());
    const tree = await attach(client);
    const before = client.takeFid();
    client.giveFid(before);
    for (let i = 0; i < 5; i++) {
      await expect(tree.stat("none")).rejects.toMatchObject({ code: "ENOENT" });
      await expect(tree.open("f", OPEN.DIRECTORY)).rejects.toMatchObject({ code: "ENOTDIR" });
      await expect(tree.getXattr("f", "user.none")).rejects.toMatchObject({ code: "ENODATA" });
      await expect(tree.create("no/f")).rejects.toMatchObject({ code: "ENOENT" });
      await tree.readFile("f");
    }
    expect(client.takeFid()).toBe(before);
    await tree.close();
  });
});
