import { BROKEN, ERRNO } from "@ninefold/core/contracts";
import { encodeMessage, NOTAG } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { TestExchange } from "./support/exchange.ts";
import { Guest, sessionOptions, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";

async function freshGuest(maxMessageSize = 65536): Promise<Guest> {
  return new Guest(new Session(sessionOptions(await memoryTree(), { maxMessageSize })));
}

it("agrees on the smaller message size", async () => {
  const guest = await freshGuest(16384);
  expect(await guest.version(8192)).toEqual({ msize: 8192, version: "9P2000.L" });
  expect(await guest.version(1 << 20)).toEqual({ msize: 16384, version: "9P2000.L" });
});

it("answers other versions with unknown, and then only Tversion", async () => {
  const guest = await freshGuest();
  await guest.version();
  await guest.attach(0);
  for (const version of ["9P2000", "9P2000.U", "9P2000.u.1", "9P2000.L.Google.7", "", "9p2000.l"]) {
    const reply = await guest.rpc("Tversion", { msize: 8192, version }, { tag: NOTAG });
    expect(reply.version).toBe("unknown");
  }
  expect(await guest.errno("Tclunk", { fid: 0 })).toBe(ERRNO.EPROTO);
  expect((await guest.version()).version).toBe("9P2000.L");
});

it("refuses messages below 4096 bytes", async () => {
  const guest = await freshGuest();
  const version = "9P2000.L";
  expect(await guest.errno("Tversion", { msize: 4095, version }, { tag: NOTAG })).toBe(ERRNO.EMSGSIZE);
  expect((await guest.rpc("Tversion", { msize: 4096, version })).msize).toBe(4096);
});

it("refuses everything before Tversion", async () => {
  const guest = await freshGuest();
  expect(await guest.errno("Tclunk", { fid: 0 })).toBe(ERRNO.EPROTO);
  expect(await guest.errno("Tflush", { oldtag: 3 })).toBe(ERRNO.EPROTO);
});

it("forgets all fids at Tversion", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files: { a: "text" } }), gate));
  await guest.walk(0, 1, "a");
  await guest.rpc("Tlopen", { fid: 1, flags: 0 });
  await guest.version();
  expect(gate.references).toBe(0);
  expect(await guest.errno("Tgetattr", { fid: 0, request_mask: 0 })).toBe(ERRNO.EBADF);
});

it("waits at Tversion for what is under way, which is not answered", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree({ files: { a: "text" } }), gate));
  gate.hold("stat");
  const getattr = guest.send("Tgetattr", { fid: 0, request_mask: 0 });
  const version = guest.send("Tversion", { msize: 8192, version: "9P2000.L" }, { tag: NOTAG });
  await turns();
  expect([getattr.isAnswered, version.isAnswered]).toEqual([false, false]);
  expect(await guest.errno("Tclunk", { fid: 0 })).toBe(ERRNO.EBUSY);
  gate.open();
  expect(await getattr.reply).toBeUndefined();
  expect((await version.reply)?.type).toBe("Rversion");
  expect(gate.references).toBe(0);
});

it("begins anew at reset, and is broken after close", async () => {
  const gate = new Gate();
  const guest = await Guest.attached(heldTree(await memoryTree(), gate));
  gate.hold("statfs");
  const statfs = guest.send("Tstatfs", { fid: 0 });
  await turns();
  const reset = guest.session.reset();
  gate.open();
  await reset;
  expect(await statfs.reply).toBeUndefined();
  expect(gate.references).toBe(0);
  expect(await guest.errno("Tclunk", { fid: 0 })).toBe(ERRNO.EPROTO);
  await guest.version();
  await guest.attach(0);
  await Promise.all([guest.session.reset(), guest.session.close(), guest.session.close()]);
  expect(gate.references).toBe(0);
  const late = new TestExchange(encodeMessage("Tclunk", 1, { fid: 0 }), 100, 1);
  expect(guest.session.handle(late)).toBe(BROKEN);
});

it("tells of versions and attaches, and bears a listener that throws", async () => {
  const events: unknown[] = [];
  const onEvent = (event: unknown): void => {
    events.push(event);
    throw new Error("a listener's own");
  };
  await Guest.attached(await memoryTree(), { id: "vm1", onEvent });
  expect(events).toEqual([
    { kind: "version", session: "vm1", dialect: "9P2000.L", messageSize: 65536 },
    { kind: "attach", session: "vm1", aname: "", user: "guest", uid: 1000 },
  ]);
});
