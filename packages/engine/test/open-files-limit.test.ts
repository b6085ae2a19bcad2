import { ERRNO } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;

describe.each(["at once", "later"])("open files of a session, over a tree that answers %s", (when) => {
  async function attached(openFiles: number): Promise<Guest> {
    const tree = await memoryTree({ files: { file: "text", "folder/file": "" } });
    return Guest.attached(when === "later" ? heldTree(tree, new Gate()) : tree, { limits: { openFiles } });
  }

  async function open(guest: Guest, fid: number, ...path: string[]): Promise<number> {
    await guest.walk(0, fid, ...path);
    return guest.errno("Tlopen", { fid, flags: O_RDONLY });
  }

  const create = { name: "new", flags: O_WRONLY, mode: 0o644, gid: 0 };

  it("count files and directories, not fids", async () => {
    const guest = await attached(2);
    for (let fid = 10; fid < 40; fid++) await guest.walk(0, fid, "file");
    expect(await open(guest, 1, "file")).toBe(0);
    expect(await open(guest, 2, "folder")).toBe(0);
    expect(await open(guest, 3, "file")).toBe(ERRNO.EMFILE);
    await guest.walk(0, 4);
    expect(await guest.errno("Tlcreate", { fid: 4, ...create })).toBe(ERRNO.EMFILE);
    expect(await guest.errno("Twalk", { fid: 0, newfid: 5, wname: ["new"] })).toBe(ERRNO.ENOENT);
    await guest.clunk(2);
    expect(await guest.errno("Tlcreate", { fid: 4, ...create })).toBe(0);
    expect(await guest.errno("Tlopen", { fid: 3, flags: O_RDONLY })).toBe(ERRNO.EMFILE);
    await guest.clunk(4);
    expect(await guest.errno("Tlopen", { fid: 3, flags: O_RDONLY })).toBe(0);
  });

  it("are not used up by what fails", async () => {
    const guest = await attached(1);
    await guest.walk(0, 1, "file");
    await guest.walk(0, 2, "folder");
    for (let i = 0; i < 5; i++) {
      expect(await guest.errno("Tlopen", { fid: 2, flags: O_WRONLY })).toBe(ERRNO.EISDIR);
      expect(await guest.errno("Tlcreate", { fid: 2, ...create, name: "file", flags: 0o200 })).toBe(
        ERRNO.EEXIST,
      );
    }
    expect(await guest.errno("Tlopen", { fid: 1, flags: O_RDONLY })).toBe(0);
    await guest.rpc("Tremove", { fid: 1 });
    expect(await open(guest, 3, "folder")).toBe(0);
  });

  it("are counted while they are being opened", async () => {
    const guest = await attached(3);
    for (let fid = 1; fid <= 8; fid++) await guest.walk(0, fid, "file");
    const errnos = await Promise.all(
      Array.from({ length: 8 }, (_, i) => guest.errno("Tlopen", { fid: i + 1, flags: O_RDONLY })),
    );
    expect(errnos.filter((errno) => errno === 0)).toHaveLength(3);
    expect(errnos.filter((errno) => errno === ERRNO.EMFILE)).toHaveLength(5);
  });

  it("begin anew with the conversation", async () => {
    const guest = await attached(1);
    expect(await open(guest, 1, "file")).toBe(0);
    await guest.version();
    await guest.attach(0);
    expect(await open(guest, 1, "file")).toBe(0);
  });
});

it("any number of files may be open by default", async () => {
  const guest = await Guest.attached(await memoryTree({ files: { file: "" } }));
  for (let fid = 1; fid < 2000; fid++) {
    await guest.walk(0, fid, "file");
    await guest.rpc("Tlopen", { fid, flags: O_RDONLY });
  }
});
