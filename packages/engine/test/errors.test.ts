import { ERRNO, FsError, type Logger } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, quiet } from "./support/guest.ts";
import { override, overrideNodes } from "./support/override.ts";

describe("what a driver throws", () => {
  async function throwing(thrown: unknown): Promise<{ errno: number; logged: unknown[]; events: unknown[] }> {
    const logged: unknown[] = [];
    const events: unknown[] = [];
    const log: Logger = { ...quiet, error: (message, fields) => void logged.push([message, fields]) };
    const tree = overrideNodes(await memoryTree(), () => ({
      tryStat: undefined,
      stat: () => Promise.reject(thrown),
    }));
    // Tattach asks for attributes too.
    let isAttached = false;
    const later = override(tree, {
      attach: async () => {
        const root = await tree.attach("", { name: "", uid: 0 });
        return override(root, { stat: (into: never) => (isAttached ? root.stat(into) : Promise.resolve()) });
      },
    });
    const guest = await Guest.attached(later, { id: "vm", log, onEvent: (event) => events.push(event) });
    isAttached = true;
    const errno = await guest.errno("Tgetattr", { fid: 0, request_mask: 0 }, { tag: 42 });
    return { errno, logged, events: events.slice(2) };
  }

  it("on purpose, is the errno and nothing else", async () => {
    const quota = await throwing(new FsError("EDQUOT", "no more"));
    expect(quota).toEqual({ errno: ERRNO.EDQUOT, logged: [], events: [] });
    const node = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(await throwing(node)).toMatchObject({ errno: ERRNO.ENOSPC, logged: [] });
    for (const [code, errno] of [
      ["ETXTBSY", 26],
      ["EUCLEAN", 117],
      ["ENOTSUP", 95],
    ] as const) {
      expect(await throwing(Object.assign(new Error(code), { code }))).toMatchObject({ errno, logged: [] });
    }
  });

  it("by accident, is EIO, logged once with session, fid, tag and message", async () => {
    for (const thrown of [
      new TypeError("a bug"),
      "text",
      undefined,
      null,
      { code: "EWHATEVER" },
      { code: 5 },
      { code: "toString" },
    ]) {
      const { errno, logged, events } = await throwing(thrown);
      expect(errno).toBe(ERRNO.EIO);
      expect(logged).toEqual([["Tgetattr failed", { session: "vm", tag: 42, fid: 0, error: thrown }]]);
      expect(events).toMatchObject([{ kind: "error", session: "vm" }]);
    }
  });

  it("as a status that is no errno, is EIO", async () => {
    for (const status of [-5000, -1.5, -Infinity]) {
      const tree = overrideNodes(await memoryTree(), () => ({ tryLookup: () => status }));
      const guest = await Guest.attached(tree);
      expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: ["x"] })).toBe(ERRNO.EIO);
    }
  });
});

describe("what a tree cannot do", () => {
  it("is refused with EOPNOTSUPP, without asking it", async () => {
    const tree = await memoryTree({ files: { file: "" } });
    const none = { symlinks: false, hardLinks: false, specialFiles: false, xattrs: false, ownership: false };
    const guest = await Guest.attached(override(tree, { supports: { ...tree.supports, ...none } }));
    await guest.walk(0, 1, "file");
    const times = { atime_sec: 0, atime_nsec: 0, mtime_sec: 0, mtime_nsec: 0 };
    const setattr = { fid: 1, valid: 1, mode: 0o600, uid: 0, gid: 0, size: 0, ...times };
    const made = { dfid: 0, name: "n", mode: 0o010644, major: 0, minor: 0, gid: 0 };
    const { EOPNOTSUPP } = ERRNO;
    expect(await guest.errno("Tsymlink", { dfid: 0, name: "s", target: "t", gid: 0 })).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tlink", { dfid: 0, fid: 1, name: "l" })).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tmknod", made)).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tmknod", { ...made, mode: 0o644 })).toBe(0);
    expect(await guest.errno("Txattrwalk", { fid: 1, newfid: 2, name: "" })).toBe(EOPNOTSUPP);
    expect(await guest.errno("Txattrcreate", { fid: 1, name: "a", attr_size: 0, flags: 0 })).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tsetattr", setattr)).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tsetattr", { ...setattr, valid: 2 })).toBe(EOPNOTSUPP);
    expect(await guest.errno("Tsetattr", { ...setattr, valid: 8 })).toBe(0);
  });

  it("is EROFS when nothing can be changed, for all that changes", async () => {
    const tree = await memoryTree({ files: { file: "text", "dir/x": "" }, readonly: true });
    const guest = await Guest.attached(tree);
    const { EROFS } = ERRNO;
    await guest.walk(0, 1, "file");
    const times = { atime_sec: 0, atime_nsec: 0, mtime_sec: 0, mtime_nsec: 0 };
    const node = { dfid: 0, name: "n", mode: 0o644, major: 0, minor: 0, gid: 0 };
    const all = [
      guest.errno("Tlopen", { fid: 1, flags: 1 }),
      guest.errno("Tlopen", { fid: 1, flags: 2 }),
      guest.errno("Tlopen", { fid: 1, flags: 0o1000 }),
      guest.errno("Tlcreate", { fid: 0, name: "n", flags: 0, mode: 0o644, gid: 0 }),
      guest.errno("Tmkdir", { dfid: 0, name: "n", mode: 0o755, gid: 0 }),
      guest.errno("Tmknod", node),
      guest.errno("Tsymlink", { dfid: 0, name: "n", target: "t", gid: 0 }),
      guest.errno("Tlink", { dfid: 0, fid: 1, name: "n" }),
      guest.errno("Trename", { fid: 1, dfid: 0, name: "n" }),
      guest.errno("Trenameat", { olddirfid: 0, oldname: "file", newdirfid: 0, newname: "n" }),
      guest.errno("Tunlinkat", { dirfd: 0, name: "file", flags: 0 }),
      guest.errno("Tsetattr", { fid: 1, valid: 0x10, mode: 0, uid: 0, gid: 0, size: 0, ...times }),
      guest.errno("Txattrcreate", { fid: 1, name: "user.a", attr_size: 0, flags: 0 }),
    ];
    expect(await Promise.all(all)).toEqual(all.map(() => EROFS));
    await guest.rpc("Tlopen", { fid: 1, flags: 0 });
    expect((await guest.rpc("Tread", { fid: 1, offset: 0, count: 9 })).data).toHaveLength(4);
    await guest.walk(0, 2, "file");
    expect(await guest.errno("Tremove", { fid: 2 })).toBe(EROFS);
    expect(await guest.errno("Tclunk", { fid: 2 })).toBe(ERRNO.EBADF);
  });
});
