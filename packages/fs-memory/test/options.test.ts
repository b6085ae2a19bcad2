import { namesIn } from "@ninefold/core/bases";
import { FS_DRIVER, type FsDriver, OPEN } from "@ninefold/core/contracts";
import plugin, { memoryDriver, memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { made, readText, rootOf, vec, writeFile } from "./helpers.ts";

async function parse(options: unknown): Promise<unknown> {
  return memoryDriver.schema["~standard"].validate(options);
}

describe("the options of -fsdev memory", () => {
  test("have defaults", async () => {
    expect(await parse({})).toEqual({ value: { size: 1024 ** 3, readonly: false, files: {} } });
  });

  test.each([
    ["64M", 64 * 1024 ** 2],
    ["2g", 2 * 1024 ** 3],
    ["4096", 4096],
    [512, 512],
  ])("take %s as a size", async (size, bytes) => {
    expect(await parse({ size })).toMatchObject({ value: { size: bytes } });
  });

  test.each([
    [{ size: "much" }],
    [{ size: 0 }],
    [{ size: -1 }],
    [{ size: "99999T" }],
    [{ readonly: "perhaps" }],
    [{ files: { "/etc": "" } }],
    [{ files: { "a/../b": "" } }],
    [{ path: "/srv" }],
  ])("refuse %j", async (options) => {
    expect(await parse(options)).toHaveProperty("issues");
  });

  test("readonly=on keeps what is there and refuses every change", async () => {
    const tree = await memoryTree({ readonly: true, files: { "a/b/c": "text", "a/d": "more" } });
    expect(tree.supports.readOnly).toBe(true);
    const root = await rootOf(tree);
    const a = await root.lookup("a");
    expect(await namesIn(a)).toEqual(["b", "d"]);
    const file = await a.lookup("d");
    expect(await readText(await file.open(OPEN.READ))).toBe("more");
    const changes = [
      () => file.open(OPEN.WRITE),
      () => file.open(OPEN.TRUNCATE),
      () => file.setattr({ mode: 0 }, undefined),
      () => file.setXattr("user.a", new Uint8Array(1), "set"),
      () => file.removeXattr("user.a"),
      () => a.create("n", OPEN.READ, made(0o644)),
      () => a.mkdir("n", made(0o755)),
      () => a.mknod("n", 0, made(0o010600)),
      () => a.symlink("n", "t", made(0o777)),
      () => a.link("n", file),
      () => a.rename("d", root, "d"),
      () => a.unlink("d", false),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: "EROFS" });
  });
});

describe("keys", () => {
  test("find what they were given for, and nothing else", async () => {
    const tree = await memoryTree();
    const root = await rootOf(tree);
    const node = await writeFile(root, "f", "");
    const key = node.key();
    expect(key.id.length).toBeLessThanOrEqual(64);
    await root.rename("f", root, "g");
    expect(await tree.find(key)).toBe(node);
    expect(await tree.find(root.key())).toBe(root);
    const other = await memoryTree({ files: { f: "" } });
    await expect(other.find(key)).rejects.toMatchObject({ code: "ESTALE" });
    await expect(tree.find({ id: new Uint8Array(3), path: [] })).rejects.toMatchObject({ code: "ESTALE" });
  });
});

describe("the plugin", () => {
  test("registers just what it says, under both names", async () => {
    const drivers: FsDriver[] = [];
    plugin.register({
      register(token, value) {
        expect(token.key).toBe(FS_DRIVER.key);
        drivers.push(value as FsDriver);
      },
    });
    expect(drivers.map((driver) => driver.name)).toEqual(plugin.contributes["fs-driver"]);
    const tree = await drivers[1]!.open({ size: 1024 ** 2, readonly: false, files: {} }, {} as never);
    const { file } = await (await rootOf(tree)).create("f", OPEN.WRITE, made(0o644));
    expect(await file.write(0, vec("x"))).toBe(1);
  });
});
