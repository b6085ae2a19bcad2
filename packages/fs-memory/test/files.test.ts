import { ERRNO, OPEN } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { made, readText, rootOf, statOf, vec, writeFile } from "./helpers.ts";

describe("the files of a memory tree", () => {
  test("keep what is written, from and to scattered memory", async () => {
    const root = await rootOf(await memoryTree());
    const { file } = await root.create("f", OPEN.READ_WRITE, made(0o644));
    expect(await file.write(0, vec("he", "", "llo wor", "ld"))).toBe(11);
    const room = vec(3, 100);
    expect(file.tryRead?.(1, room)).toBe(10);
    expect(new TextDecoder().decode(room.bytes[0])).toBe("ell");
    expect(await readText(file, 6)).toBe("world");
    expect(await readText(file, 11)).toBe("");
    expect(await readText(file, 5000)).toBe("");
  });

  test("have holes that read as zeros and take no memory", async () => {
    const root = await rootOf(await memoryTree());
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o644));
    await file.write(1e12, vec("x"));
    const stat = await statOf(node);
    expect(stat.size).toBe(1e12 + 1);
    expect(stat.blocks).toBeLessThanOrEqual(128);
    expect(await readText(file, 1e12 - 3)).toBe("\0\0\0x");
    expect(await readText(file, 7, 5)).toBe("\0\0\0\0\0");
  });

  test("show zeros, not old bytes, when they shrink and grow again", async () => {
    const root = await rootOf(await memoryTree());
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o644));
    await file.write(0, vec("x".repeat(200_000)));
    await node.setattr({ size: 3 }, file);
    await node.setattr({ size: 100_000 }, file);
    expect((await readText(file)).replaceAll("\0", "")).toBe("xxx");
    expect((await statOf(node)).size).toBe(100_000);
  });

  test("append whatever the offset when opened so", async () => {
    const root = await rootOf(await memoryTree());
    const node = await writeFile(root, "f", "one ");
    const file = await node.open(OPEN.READ_WRITE | OPEN.APPEND);
    await file.write(0, vec("two"));
    expect(await readText(file)).toBe("one two");
  });

  test("are read and written only as they were opened", async () => {
    const root = await rootOf(await memoryTree());
    const node = await writeFile(root, "f", "text");
    const reading = await node.open(OPEN.READ);
    const writing = await node.open(OPEN.WRITE);
    expect(reading.tryWrite?.(0, vec("x"))).toBe(-ERRNO.EBADF);
    expect(writing.tryRead?.(0, vec(1))).toBe(-ERRNO.EBADF);
    await expect(reading.write(0, vec("x"))).rejects.toMatchObject({ code: "EBADF" });
    await expect(node.open(OPEN.DIRECTORY)).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  test("live on, and are found by nobody, after their last name is gone", async () => {
    const tree = await memoryTree();
    const root = await rootOf(tree);
    const before = await tree.statfs(root);
    const node = await writeFile(root, "f", "x".repeat(100_000));
    const key = node.key();
    const file = await node.open(OPEN.READ_WRITE);
    await root.unlink("f", false);
    expect((await statOf(node)).nlink).toBe(0);
    await node.setattr({ size: 50_000 }, file);
    await file.write(50_000, vec("more"));
    expect(await readText(file, 49_999)).toBe("xmore");
    await expect(tree.find(key)).rejects.toMatchObject({ code: "ESTALE" });
    await expect(root.link("g", node)).rejects.toMatchObject({ code: "ENOENT" });
    file.tryClose?.();
    node.release();
    expect(await tree.statfs(root)).toEqual(before);
  });

  test("are opened or made by create, and emptied only when asked", async () => {
    const root = await rootOf(await memoryTree());
    await writeFile(root, "f", "text");
    const again = await root.create("f", OPEN.READ, made(0o600));
    expect(await readText(again.file)).toBe("text");
    expect((await statOf(again.node)).mode).toBe(0o100644);
    await root.create("f", OPEN.WRITE | OPEN.TRUNCATE, made(0o600));
    expect(await readText(again.file)).toBe("");
    await root.mkdir("d", made(0o755));
    await root.symlink("s", "f", made(0o777));
    await expect(root.create("d", OPEN.WRITE, made(0o600))).rejects.toMatchObject({ code: "EISDIR" });
    await expect(root.create("s", OPEN.WRITE, made(0o600))).rejects.toMatchObject({ code: "ELOOP" });
  });

  test("fill the tree to its size and no further, and give back what is freed", async () => {
    const tree = await memoryTree({ size: 1024 * 1024 });
    const root = await rootOf(tree);
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o644));
    const chunk = vec(65_536);
    let size = 0;
    for (let count = 1; count > 0; size += Math.max(count, 0)) count = file.tryWrite?.(size, chunk) ?? 0;
    expect(size).toBe(15 * 65_536);
    await expect(file.write(size, chunk)).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await tree.statfs(root)).blocksFree).toBeLessThan(16);
    await node.setattr({ size: 0 }, undefined);
    expect(await file.write(0, chunk)).toBe(65_536);
    for (let i = 0; ; i++) {
      try {
        await root.mkdir(`d${i}`, made(0o755));
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
        break;
      }
    }
  });

  test("may be very large in name only", async () => {
    const root = await rootOf(await memoryTree());
    const { file } = await root.create("f", OPEN.READ_WRITE, made(0o644));
    expect(file.tryWrite?.(Number.MAX_SAFE_INTEGER, vec("x"))).toBe(-ERRNO.EFBIG);
    expect(file.tryWrite?.(Number.MAX_SAFE_INTEGER - 1, vec("x"))).toBe(1);
    expect(file.tryWrite?.(5, vec())).toBe(0);
  });
});
