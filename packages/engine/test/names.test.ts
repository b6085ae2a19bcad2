import { ERRNO, encodeDevice } from "@ninefold/core/contracts";
import { type MessageInput, NOFID } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { overrideNodes } from "./support/override.ts";

const impossible = ["", "a/b", "/", "nul\0", "../x"];

async function attached(files: Record<string, string> = {}): Promise<Guest> {
  return Guest.attached(await memoryTree({ files: { "dir/file": "x", file: "y", ...files } }));
}

describe("names", () => {
  const makers = {
    Tmkdir: (name: string): MessageInput<"Tmkdir"> => ({ dfid: 0, name, mode: 0o755, gid: 0 }),
    Tmknod: (name: string): MessageInput<"Tmknod"> => ({
      dfid: 0,
      name,
      mode: 0,
      major: 0,
      minor: 0,
      gid: 0,
    }),
    Tsymlink: (name: string): MessageInput<"Tsymlink"> => ({ dfid: 0, name, target: "t", gid: 0 }),
    Tlink: (name: string): MessageInput<"Tlink"> => ({ dfid: 0, fid: 1, name }),
    Tlcreate: (name: string): MessageInput<"Tlcreate"> => ({ fid: 2, name, flags: 0, mode: 0o644, gid: 0 }),
  };
  const movers = {
    Trename: (name: string): MessageInput<"Trename"> => ({ fid: 1, dfid: 0, name }),
    Trenameat: (newname: string): MessageInput<"Trenameat"> => ({
      olddirfid: 0,
      oldname: "file",
      newdirfid: 0,
      newname,
    }),
  };

  it("that are no entry's are ENOENT everywhere", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "file");
    await guest.walk(0, 2);
    for (const name of impossible) {
      for (const [type, fields] of Object.entries({ ...makers, ...movers })) {
        expect(await guest.errno(type as "Tmkdir", fields(name) as never), `${type} ${name}`).toBe(
          ERRNO.ENOENT,
        );
      }
      expect(await guest.errno("Tunlinkat", { dirfd: 0, name, flags: 0 })).toBe(ERRNO.ENOENT);
      expect(await guest.errno("Twalk", { fid: 0, newfid: 9, wname: [name] })).toBe(ERRNO.ENOENT);
      const from = { olddirfid: 0, oldname: name, newdirfid: 0, newname: "n" };
      expect(await guest.errno("Trenameat", from)).toBe(ERRNO.ENOENT);
    }
    const long = "é".repeat(128);
    expect(await guest.errno("Tmkdir", makers.Tmkdir(long))).toBe(ERRNO.ENAMETOOLONG);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 9, wname: [long] })).toBe(ERRNO.ENAMETOOLONG);
    expect(await guest.errno("Tmkdir", makers.Tmkdir("x".repeat(255)))).toBe(0);
  });

  it(". and .. are no names to make, move or remove", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "file");
    await guest.walk(0, 2);
    for (const name of [".", ".."]) {
      for (const [type, fields] of Object.entries(makers)) {
        expect(await guest.errno(type as "Tmkdir", fields(name) as never), `${type} ${name}`).toBe(
          ERRNO.EEXIST,
        );
      }
      for (const [type, fields] of Object.entries(movers)) {
        expect(await guest.errno(type as "Trename", fields(name) as never), type).toBe(ERRNO.EISDIR);
      }
    }
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: ".", flags: 0x200 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "..", flags: 0x200 })).toBe(ERRNO.ENOTEMPTY);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "file", flags: 0x400 })).toBe(ERRNO.EINVAL);
  });
});

describe("what is made", () => {
  it("has the owner, group and mode that were asked for", async () => {
    const guest = await attached();
    await guest.rpc("Tmkdir", { dfid: 0, name: "d", mode: 0o41750, gid: 5 });
    await guest.rpc("Tmknod", { dfid: 0, name: "f", mode: 0o100640, major: 9, minor: 9, gid: 6 });
    await guest.rpc("Tmknod", { dfid: 0, name: "b", mode: 0o060600, major: 259, minor: 1000, gid: 0 });
    await guest.rpc("Tsymlink", { dfid: 0, name: "s", target: "../no/where", gid: 7 });
    const found: Record<string, unknown> = {};
    for (const name of ["d", "f", "b", "s"]) {
      await guest.walk(0, 9, name);
      const { mode, uid, gid, rdev } = await guest.rpc("Tgetattr", { fid: 9, request_mask: 0x7ff });
      found[name] = [mode.toString(8), uid, gid, Number(rdev)];
      await guest.clunk(9);
    }
    expect(found).toEqual({
      d: ["41750", 1000, 5, 0],
      f: ["100640", 1000, 6, 0],
      b: ["60600", 1000, 0, encodeDevice(259, 1000)],
      s: ["120777", 1000, 7, 0],
    });
  });

  it("can be no directory or link by Tmknod, and no device that Linux cannot say", async () => {
    const guest = await attached();
    const mknod = { dfid: 0, name: "n", mode: 0o020600, major: 0, minor: 0, gid: 0 };
    expect(await guest.errno("Tmknod", { ...mknod, mode: 0o40755 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tmknod", { ...mknod, mode: 0o120777 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tmknod", { ...mknod, major: 4096 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tmknod", { ...mknod, minor: 1 << 20 })).toBe(ERRNO.EINVAL);
  });

  it("keeps a link's target as it is, within PATH_MAX", async () => {
    const guest = await attached();
    const target = "x/".repeat(2047);
    await guest.rpc("Tsymlink", { dfid: 0, name: "s", target, gid: 0 });
    await guest.walk(0, 1, "s");
    expect((await guest.rpc("Treadlink", { fid: 1 })).target).toBe(target);
    const other = { dfid: 0, name: "t", gid: 0 };
    expect(await guest.errno("Tsymlink", { ...other, target: "x".repeat(4096) })).toBe(ERRNO.ENAMETOOLONG);
    expect(await guest.errno("Tsymlink", { ...other, target: "" })).toBe(ERRNO.ENOENT);
    expect(await guest.errno("Treadlink", { fid: 0 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 2, wname: ["s", "x"] })).toBe(0);
    expect(await guest.errno("Tclunk", { fid: 2 })).toBe(ERRNO.EBADF);
  });

  it("gets a second name by Tlink, unless it is a directory", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "file");
    await guest.walk(0, 2, "dir");
    await guest.rpc("Tlink", { dfid: 2, fid: 1, name: "second" });
    expect((await guest.rpc("Tgetattr", { fid: 1, request_mask: 0 })).nlink).toBe(2n);
    expect(await guest.errno("Tlink", { dfid: 2, fid: 1, name: "second" })).toBe(ERRNO.EEXIST);
    expect(await guest.errno("Tlink", { dfid: 0, fid: 2, name: "third" })).toBe(ERRNO.EPERM);
    expect(await guest.errno("Tlink", { dfid: 1, fid: 1, name: "third" })).toBe(ERRNO.ENOTDIR);
  });
});

describe("moving and removing", () => {
  it("moves an entry, and what holds it follows", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "dir", "file");
    await guest.walk(0, 2, "dir");
    await guest.rpc("Trenameat", { olddirfid: 2, oldname: "file", newdirfid: 0, newname: "moved" });
    await guest.rpc("Trename", { fid: 1, dfid: 2, name: "again" });
    await guest.rpc("Trename", { fid: 1, dfid: NOFID, name: "here" });
    expect((await guest.walk(0, 3, "dir", "here")).wqid).toHaveLength(2);
    expect(await guest.errno("Trename", { fid: 0, dfid: 2, name: "root" })).toBe(ERRNO.EBUSY);
    expect(await guest.errno("Trename", { fid: 1, dfid: 3, name: "x" })).toBe(ERRNO.ENOTDIR);
    await guest.rpc("Trename", { fid: 2, dfid: 0, name: "directory" });
    expect((await guest.walk(0, 4, "directory", "here")).wqid).toHaveLength(2);
  });

  it("removes by name, directories only when told", async () => {
    const guest = await attached();
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "dir", flags: 0 })).toBe(ERRNO.EISDIR);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "file", flags: 0x200 })).toBe(ERRNO.ENOTDIR);
    expect(await guest.errno("Tunlinkat", { dirfd: 0, name: "dir", flags: 0x200 })).toBe(ERRNO.ENOTEMPTY);
    await guest.walk(0, 1, "dir");
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    await guest.rpc("Tunlinkat", { dirfd: 1, name: "file", flags: 0 });
    await guest.rpc("Tunlinkat", { dirfd: 0, name: "dir", flags: 0x200 });
    expect(await guest.errno("Twalk", { fid: 0, newfid: 2, wname: ["dir"] })).toBe(ERRNO.ENOENT);
  });

  it("removes by fid, which is gone even when that fails", async () => {
    const guest = await attached();
    await guest.walk(0, 1, "dir");
    await guest.walk(0, 2, "dir", "file");
    expect(await guest.errno("Tremove", { fid: 1 })).toBe(ERRNO.ENOTEMPTY);
    expect(await guest.errno("Tclunk", { fid: 1 })).toBe(ERRNO.EBADF);
    await guest.rpc("Tlopen", { fid: 2, flags: 0 });
    await guest.rpc("Tremove", { fid: 2 });
    await guest.walk(0, 1, "dir");
    await guest.rpc("Tremove", { fid: 1 });
    expect(await guest.errno("Tremove", { fid: 1 })).toBe(ERRNO.EBADF);
    await guest.walk(0, 1);
    expect(await guest.errno("Tremove", { fid: 1 })).toBe(ERRNO.EBUSY);
    expect(await guest.errno("Tremove", { fid: 0 })).toBe(ERRNO.EBUSY);
    expect(await guest.errno("Tgetattr", { fid: 0, request_mask: 0 })).toBe(ERRNO.EBADF);
  });

  it("removes nothing that only has the name now", async () => {
    const tree = await memoryTree({ files: { mine: "x", other: "y" } });
    // As a host does behind a driver that does not notice: the node still goes by its old name.
    const stale = overrideNodes(tree, (node) => ({ name: node.name }));
    const guest = await Guest.attached(stale);
    await guest.walk(0, 1, "mine");
    const root = await tree.attach("", { name: "", uid: 0 });
    await root.rename("other", root, "mine");
    expect(await guest.errno("Tremove", { fid: 1 })).toBe(ERRNO.ESTALE);
    expect((await guest.walk(0, 2, "mine")).wqid).toHaveLength(1);
  });
});

it("creates for one of two clients of a directory's fid", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree(), gate));
  await guest.walk(0, 1);
  gate.hold("create");
  const create = { fid: 1, flags: 2, mode: 0o644, gid: 0 };
  const first = guest.send("Tlcreate", { ...create, name: "one" });
  const second = guest.send("Tlcreate", { ...create, name: "two" });
  expect((await second.reply)?.fields).toEqual({ ecode: ERRNO.EINVAL });
  const clunk = guest.send("Tclunk", { fid: 1 });
  await turns();
  gate.open();
  expect((await first.reply)?.fields).toEqual({ ecode: ERRNO.EBADF });
  expect((await clunk.reply)?.type).toBe("Rclunk");
  await guest.session.close();
  expect(gate.references).toBe(0);
});
