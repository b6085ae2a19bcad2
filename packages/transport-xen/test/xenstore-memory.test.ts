import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatPermissions, MemoryXenStore, parseListing, readListing } from "../src/xenstore/index.ts";

const capture = (name: string): string => readFileSync(new URL(`captures/${name}`, import.meta.url), "utf8");

describe("an in-memory xenstore", () => {
  test("inherits permissions, and reports removal to watches below", async () => {
    const store = new MemoryXenStore();
    await store.write("/a", "");
    await store.setPermissions("/a", [
      { domid: 0, access: "none" },
      { domid: 3, access: "read" },
    ]);
    await store.write("/a/b/c", "1");
    expect(formatPermissions((await store.getPermissions("/a/b/c")) ?? [])).toBe("n0,r3");
    const seen: string[] = [];
    await store.watch("/a/b/c", (path) => seen.push(path));
    await store.rm("/a");
    await expect.poll(() => seen).toEqual(["/a/b/c", "/a/b/c"]);
  });

  test("reports relative watches by relative paths", async () => {
    const store = new MemoryXenStore({ domid: 2 });
    const seen: string[] = [];
    await store.watch("backend", (path) => seen.push(path));
    await store.write("/local/domain/2/backend/9pfs/1/0/state", "1");
    await expect.poll(() => seen).toEqual(["backend", "backend/9pfs/1/0/state"]);
  });

  test("refuses what is no path", async () => {
    const store = new MemoryXenStore();
    for (const path of ["", "/a//b", "/a/", "/a b", "/a\0"]) {
      await expect(store.write(path, "")).rejects.toMatchObject({ code: "EINVAL" });
    }
  });

  test("gives a transaction up after a hundred conflicts", async () => {
    const store = new MemoryXenStore();
    let attempts = 0;
    const hopeless = store.transaction(async (nodes) => {
      await nodes.read("/n");
      attempts += 1;
      await store.write("/n", String(attempts));
    });
    await expect(hopeless).rejects.toMatchObject({ code: "EAGAIN" });
    expect(attempts).toBe(100);
  });

  test("a change elsewhere is no conflict; a new neighbour is one only for who has listed them", async () => {
    const store = new MemoryXenStore();
    await store.write("/list/a", "");
    const attemptsOf = async (
      look: (nodes: Pick<MemoryXenStore, "read" | "directory">) => Promise<unknown>,
    ) => {
      let attempts = 0;
      await store.transaction(async (nodes) => {
        attempts += 1;
        await look(nodes);
        if (attempts === 1) await store.write(`/list/new${Math.random().toString(36).slice(2)}`, "");
      });
      return attempts;
    };
    expect(await attemptsOf((nodes) => nodes.read("/list/a"))).toBe(1);
    expect(await attemptsOf((nodes) => nodes.directory("/list"))).toBe(2);
  });
});

describe("a listing by xenstore-ls", () => {
  test("with -fp, remarks in between, gives back every node with its permissions", async () => {
    const text = capture("init-wait.xenstore-ls-fp");
    const store = readListing(text);
    const lines = store
      .list()
      .map(
        ({ path, value, permissions = [] }) => `${path} = "${value}"   (${formatPermissions(permissions)})`,
      );
    for (const line of text.split("\n").filter((each) => each.startsWith("/"))) expect(lines).toContain(line);
    expect(await store.directory("/local/domain/0/backend/xen_9pfs/1")).toEqual(["0"]);
    expect(await store.read("/local/domain/1/device/9pfs/0/tag")).toBe("lab");
  });

  test("after a back end's death, too", async () => {
    const store = readListing(capture("after-kill.xenstore-ls-fp"));
    expect(await store.read("backend/xen_9pfs/4/0/state")).toBe("4");
    expect(await store.read("/local/domain/4/device/9pfs/0/ring-ref1")).toBe("521");
  });

  test("indented, with and without permissions, from a root of its own", async () => {
    const text = [
      'backend = ""   (n0)',
      ' 9pfs = ""   (n0)',
      '  1 = ""   (n0)',
      '   0 = ""   (n0,r1)',
      '    path = "/srv/a b"   . . . . . (n0,r1)',
      'domid = "0"',
    ].join("\n");
    const store = readListing(text, { root: "/local/domain/0" });
    expect(await store.read("/local/domain/0/backend/9pfs/1/0/path")).toBe("/srv/a b");
    expect(formatPermissions((await store.getPermissions("backend/9pfs/1/0/path")) ?? [])).toBe("n0,r1");
    expect(await store.read("domid")).toBe("0");
  });

  test("undoes the escapes of values", () => {
    const text = String.raw`/a = "tab\there \"quoted\" and "bare" \\ \x01\001 caf\xc3\xa9 \xff"`;
    expect(parseListing(text)[0]?.value).toBe('tab\there "quoted" and "bare" \\ \x01\x01 café \udcff');
  });

  test("says which line is wrong, and what to do about cut values", () => {
    expect(() => parseListing('a = "1"\n   b = "2"')).toThrow(
      "line 2 of the xenstore listing is below no node",
    );
    expect(() => parseListing('a = "1"\nnonsense')).toThrow(
      "line 2 of the xenstore listing is no node: nonsense",
    );
    expect(() => parseListing('path = "/srv/very/lo\\..."')).toThrow("capture it with xenstore-ls -f");
  });
});
