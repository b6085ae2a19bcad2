import { ERRNO } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { beforeEach, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";

let gate: Gate;
let guest: Guest;

beforeEach(async () => {
  gate = new Gate();
  guest = await Guest.attached(heldTree(await memoryTree({ files: { file: "text" } }), gate));
});

const getattr = { fid: 0, request_mask: 0 };

it("answers ENODEV to each request at once, a Tversion among them", async () => {
  await guest.session.revoke();
  expect(await guest.errno("Tgetattr", getattr)).toBe(ERRNO.ENODEV);
  expect(await guest.errno("Tclunk", { fid: 0 })).toBe(ERRNO.ENODEV);
  expect(await guest.errno("Tversion", { msize: 8192, version: "9P2000.L" })).toBe(ERRNO.ENODEV);
  expect(await guest.errno("Tflush", { oldtag: 1 })).toBe(ERRNO.ENODEV);
});

it("still answers what was under way, and a flush of it", async () => {
  gate.hold("statfs");
  const before = guest.send("Tstatfs", { fid: 0 });
  const revoked = guest.session.revoke();
  expect(await guest.errno("Tgetattr", getattr)).toBe(ERRNO.ENODEV);
  const flush = guest.send("Tflush", { oldtag: before.tag });
  await turns();
  expect([before.isAnswered, flush.isAnswered]).toEqual([false, false]);
  gate.open();
  expect((await before.reply)?.type).toBe("Rstatfs");
  expect((await flush.reply)?.type).toBe("Rflush");
  await revoked;
});

it("ends the waiting for a lock, and gives up the locks that were held", async () => {
  await guest.walk(0, 1, "file");
  await guest.send("Tlopen", { fid: 1, flags: 2 }).reply;
  const range = { type: 1, flags: 1, start: 0n, length: 0n };
  await guest.send("Tlock", { fid: 1, ...range, proc_id: 1, client_id: "a" }).reply;
  const waiting = guest.send("Tlock", { fid: 1, ...range, proc_id: 2, client_id: "a" });
  await turns();
  const began = performance.now();
  await guest.session.revoke();
  expect((await waiting.reply)?.type).toBe("Rlock");
  expect(performance.now() - began).toBeLessThan(500);
});

it("stays so for the old mount when the device is back, until a Tversion begins anew", async () => {
  await guest.session.revoke();
  guest.session.readmit();
  expect(await guest.errno("Tgetattr", getattr)).toBe(ERRNO.ENODEV);
  const version = await guest.send("Tversion", { msize: 8192, version: "9P2000.L" }).reply;
  expect(version?.type).toBe("Rversion");
  await guest.attach(0);
  expect((await guest.send("Tgetattr", getattr).reply)?.type).toBe("Rgetattr");
});

it("readmits nobody who was not revoked", async () => {
  guest.session.readmit();
  expect((await guest.send("Tgetattr", getattr).reply)?.type).toBe("Rgetattr");
});
