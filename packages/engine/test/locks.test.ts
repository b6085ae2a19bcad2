import { ERRNO, type FsTree } from "@ninefold/core/contracts";
import type { MessageInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it } from "vitest";
import { Guest, turns } from "./support/guest.ts";
import { override } from "./support/override.ts";

const READ = 0;
const WRITE = 1;
const UNLOCK = 2;
const BLOCK = 1;
const GRANTED = 0;
const BLOCKED = 1;

type Range = Partial<MessageInput<"Tlock">>;

async function opened(tree: FsTree): Promise<Guest> {
  const guest = await Guest.attached(tree);
  await guest.walk(0, 1, "file");
  await guest.rpc("Tlopen", { fid: 1, flags: 2 });
  return guest;
}

const whole = { fid: 1, type: WRITE, flags: 0, start: 0, length: 0, proc_id: 10, client_id: "host" };

async function lock(guest: Guest, range: Range): Promise<number> {
  return (await guest.rpc("Tlock", { ...whole, ...range })).status;
}

function holder(guest: Guest, range: Range): Promise<unknown> {
  const { flags: _, ...asked } = { ...whole, type: UNLOCK, ...range };
  return guest.rpc("Tgetlock", asked);
}

describe.each([
  ["the tree's own locks", true],
  ["the engine's locks", false],
])("%s", (_, locks) => {
  async function tree(): Promise<FsTree> {
    const memory = await memoryTree({ files: { file: "text" } });
    return locks ? memory : override(memory, { supports: { ...memory.supports, locks: false } });
  }

  it("are held by processes, not by fids", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    expect(await lock(one, { start: 10, length: 10 })).toBe(GRANTED);
    expect(await lock(one, { start: 15, length: 10 })).toBe(GRANTED);
    expect(await lock(one, { start: 15, length: 1, proc_id: 11 })).toBe(BLOCKED);
    expect(await lock(one, { start: 15, length: 1, client_id: "other" })).toBe(BLOCKED);
    expect(await lock(two, { start: 24, length: 0 })).toBe(BLOCKED);
    expect(await lock(two, { start: 25, length: 0 })).toBe(GRANTED);
    await one.clunk(1);
    expect(await lock(two, { start: 24, length: 1 })).toBe(BLOCKED);
  });

  it("share reading, and are given up in parts", async () => {
    const guest = await opened(await tree());
    expect(await lock(guest, { type: READ })).toBe(GRANTED);
    expect(await lock(guest, { type: READ, proc_id: 11 })).toBe(GRANTED);
    expect(await lock(guest, { proc_id: 11 })).toBe(BLOCKED);
    expect(await lock(guest, { type: UNLOCK, start: 100, length: 50 })).toBe(GRANTED);
    expect(await lock(guest, { proc_id: 11, start: 100, length: 50 })).toBe(GRANTED);
    expect(await lock(guest, { proc_id: 11, start: 150, length: 1 })).toBe(BLOCKED);
    expect(await lock(guest, { proc_id: 11, start: 99, length: 1 })).toBe(BLOCKED);
  });

  it("tell who is in the way", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    await lock(one, { start: 20, length: 5, type: READ, client_id: "vm1", proc_id: 7 });
    await lock(one, { start: 30, length: 0, client_id: "vm1", proc_id: 8 });
    expect(await holder(two, {})).toEqual({
      type: READ,
      start: 20n,
      length: 5n,
      proc_id: 7,
      client_id: "vm1",
    });
    expect(await holder(two, { type: READ })).toMatchObject({
      type: WRITE,
      start: 30n,
      length: 0n,
      proc_id: 8,
    });
    expect(await holder(two, { start: 1, length: 19 })).toEqual({
      type: UNLOCK,
      start: 1n,
      length: 19n,
      proc_id: 10,
      client_id: "host",
    });
    expect(await holder(one, { start: 20, length: 5, client_id: "vm1", proc_id: 7 })).toMatchObject({
      type: UNLOCK,
    });
  });

  it("come to whoever waits as soon as they are given up", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    await lock(one, {});
    const waiting = two.send("Tlock", { ...whole, flags: BLOCK });
    await turns(20);
    expect(waiting.isAnswered).toBe(false);
    const started = performance.now();
    await lock(one, { type: UNLOCK });
    expect((await waiting.reply)?.fields).toEqual({ status: GRANTED });
    expect(performance.now() - started).toBeLessThan(80);
    const also = two.send("Tlock", { ...whole, flags: BLOCK, proc_id: 11, start: 5, length: 1, type: READ });
    await turns(20);
    expect(also.isAnswered).toBe(false);
    await lock(two, { type: UNLOCK });
    expect((await also.reply)?.fields).toEqual({ status: GRANTED });
  });

  it("are waited for by a BLOCK request for a second, in which others are served", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    await lock(one, {});
    const started = performance.now();
    const waiting = two.send("Tlock", { ...whole, flags: BLOCK });
    await two.rpc("Tgetattr", { fid: 1, request_mask: 0 });
    expect((await waiting.reply)?.fields).toEqual({ status: BLOCKED });
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThan(900);
    expect(waited).toBeLessThan(3000);
    await lock(one, { type: UNLOCK });
    expect(await holder(one, {})).toMatchObject({ type: UNLOCK });
  });

  it("are not waited for after a flush, and not taken either", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    await lock(one, {});
    const waiting = two.send("Tlock", { ...whole, flags: BLOCK });
    await turns();
    const started = performance.now();
    const flush = two.send("Tflush", { oldtag: waiting.tag });
    expect((await waiting.reply)?.fields).toEqual({ status: BLOCKED });
    expect((await flush.reply)?.type).toBe("Rflush");
    expect(performance.now() - started).toBeLessThan(500);
    await lock(one, { type: UNLOCK });
    expect(await holder(one, {})).toMatchObject({ type: UNLOCK });
  });

  it("are all given up when the session ends, begins anew, or waits for one itself", async () => {
    const shared = await tree();
    const one = await opened(shared);
    const two = await opened(shared);
    for (const end of [() => one.version(), () => one.session.reset(), () => one.session.close()]) {
      await lock(one, {});
      await lock(one, { proc_id: 12, type: UNLOCK, start: 5, length: 5 });
      await one.clunk(1);
      expect(await lock(two, {})).toBe(BLOCKED);
      const waiting = two.send("Tlock", { ...whole, flags: BLOCK });
      await end();
      expect((await waiting.reply)?.fields).toEqual({ status: GRANTED });
      await lock(two, { type: UNLOCK });
      if ((await one.version().catch(() => undefined)) === undefined) break;
      await one.attach(0);
      await one.walk(0, 1, "file");
      await one.rpc("Tlopen", { fid: 1, flags: 2 });
    }
    await lock(two, {});
    const waiting = two.send("Tlock", { ...whole, flags: BLOCK, proc_id: 11 });
    await turns();
    await two.session.reset();
    expect(await waiting.reply).toBeUndefined();
  });

  it("reach to the end of the file when they reach further than files do", async () => {
    const guest = await opened(await tree());
    const length = 2n ** 63n - 1n;
    expect(await lock(guest, { start: 5, length })).toBe(GRANTED);
    expect(await holder(guest, { proc_id: 11 })).toMatchObject({ start: 5n, length: 0n });
    expect(await guest.errno("Tlock", { ...whole, start: 2n ** 60n })).toBe(ERRNO.EOVERFLOW);
  });

  it("need an open fid, and flags and types that there are", async () => {
    const guest = await opened(await tree());
    expect(await guest.errno("Tlock", { ...whole, fid: 0 })).toBe(ERRNO.EBADF);
    const { flags: _, ...getlock } = whole;
    expect(await guest.errno("Tgetlock", { ...getlock, fid: 0 })).toBe(ERRNO.EBADF);
    expect(await guest.errno("Tgetlock", { ...getlock, type: 3 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tlock", { ...whole, type: 3 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tlock", { ...whole, flags: 2 })).toBe(ERRNO.EINVAL);
    expect(await guest.errno("Tlock", { ...whole, client_id: "x".repeat(256) })).toBe(ERRNO.EINVAL);
  });
});
