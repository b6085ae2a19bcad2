import { BROKEN, ERRNO } from "@ninefold/core/contracts";
import { encodeMessage, formatBytes, NOFID } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { errnoText } from "../src/codec/errno-texts.ts";
import { Session } from "../src/session/session.ts";
import { TestExchange } from "./support/exchange.ts";
import { Guest, sessionOptions } from "./support/guest.ts";
import { overrideNodes } from "./support/override.ts";
import { guestWith, unixGuest } from "./support/unix.ts";

describe("9P2000.u: errors", () => {
  it("are text and number, in the dialect that Tversion chose", async () => {
    const guest = new Guest(new Session(sessionOptions(await memoryTree())));
    const clunk = async (): Promise<unknown> => (await guest.send("Tclunk", { fid: 7 }).reply)?.fields;
    expect(await clunk()).toEqual({ ecode: ERRNO.EPROTO });
    guest.dialect = "9P2000.u";
    expect(await guest.version()).toEqual({ msize: 65536, version: "9P2000.u" });
    expect(await clunk()).toEqual({ ename: "Bad file descriptor", errno: ERRNO.EBADF });
    expect((await guest.rpc("Tversion", { msize: 8192, version: "9P2000" })).version).toBe("unknown");
    expect(await clunk()).toEqual({ ecode: ERRNO.EPROTO });
    guest.dialect = "9P2000.L";
    await guest.version();
    expect(await clunk()).toEqual({ ecode: ERRNO.EBADF });
  });

  it("leave out the text, then the number, where they have no room", async () => {
    const guest = await guestWith({});
    const [text, wide] = ["Bad file descriptor", { type: "Rerror", fields: { errno: ERRNO.EBADF } }];
    for (const [room, ename] of [
      [13, ""],
      [13 + text.length - 1, ""],
      [13 + text.length, text],
    ] as const) {
      const reply = await guest.send("Tclunk", { fid: 7 }, { room }).reply;
      expect(reply).toMatchObject({ ...wide, fields: { ename, errno: ERRNO.EBADF } });
    }
    for (const room of [11, 12]) {
      const exchange = new TestExchange(encodeMessage("Tclunk", 1, { fid: 7 }), room, 1);
      exchange.complete(guest.session.handle(exchange));
      expect([...exchange.bytes()]).toEqual([9, 0, 0, 0, 107, 1, 0, 0, 0]);
    }
    expect(guest.session.handle(new TestExchange(encodeMessage("Tclunk", 1, { fid: 7 }), 10, 1))).toBe(
      BROKEN,
    );
  });

  it("leave a Tread of one byte its answer, for which Linux gives 12 bytes of room", async () => {
    const guest = await guestWith({ last: "x" });
    await guest.walk(0, 1, "last");
    await guest.rpc("Topen", { fid: 1, mode: 0 });
    const reply = await guest.send("Tread", { fid: 1, offset: 0, count: 1 }, { room: 12 }).reply;
    expect(reply).toMatchObject({ type: "Rread", fields: { data: new TextEncoder().encode("x") } });
  });

  it("have a text for every errno, none longer than Linux's client takes", () => {
    for (const errno of Object.values(ERRNO)) {
      expect(errnoText(errno)).not.toMatch("Unknown");
      expect(errnoText(errno).length).toBeLessThanOrEqual(126);
    }
    expect(errnoText(200)).toBe("Unknown error 200");
  });

  it("are EIO above the numbers that Linux's client believes", async () => {
    for (const [status, errno] of [
      [-511, 511],
      [-512, ERRNO.EIO],
      [-4095, ERRNO.EIO],
    ] as const) {
      const tree = overrideNodes(await memoryTree(), () => ({ tryLookup: () => status }));
      const guest = await unixGuest(tree);
      expect(await guest.errno("Twalk", { fid: 0, newfid: 1, wname: ["x"] })).toBe(errno);
    }
  });

  it("say that there is no authentication", async () => {
    const guest = await guestWith({});
    const fields = { afid: 5, uname: "u", aname: "", n_uname: 0 };
    expect(await guest.errno("Tauth", fields)).toBe(ERRNO.EOPNOTSUPP);
    expect(await guest.errno("Tattach", { ...fields, fid: 6 })).toBe(ERRNO.EBADF);
    expect(await guest.errno("Tattach", { ...fields, fid: 6, afid: NOFID })).toBe(0);
  });
});

it("9P2000.u: a trace shows records field by field", async () => {
  const lines: string[] = [];
  const guest = await unixGuest(await memoryTree({ files: { file: "text" } }), {
    trace: (line) => lines.push(line),
  });
  await guest.walk(0, 1, "file");
  await guest.rpc("Tstat", { fid: 1 });
  expect(lines.at(-1)).toMatch(
    /^< Rstat tag 2 stat \(type 0 dev 0 qid \(00 \d+ \d+\) mode 0\d+ .*name "file"/,
  );
  await guest.errno("Tclunk", { fid: 9 });
  expect(lines.at(-1)).toBe('< Rerror tag 3 ename "Bad file descriptor" errno 9');
  const damaged = encodeMessage("Twstat", 1, { fid: 1, stat: new Uint8Array([9, 0, 1]) });
  expect(formatBytes(damaged)).toMatch("Twstat of 16 bytes, malformed");
});
