import { ERRNO } from "@ninefold/core/contracts";
import { decodeMessage, encodeMessage } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { expect, it } from "vitest";
import { Guest } from "./support/guest.ts";
import { overrideFiles } from "./support/override.ts";

it("says what has to be on stable storage, in the short form of older clients too", async () => {
  const asked: boolean[] = [];
  const tree = overrideFiles(await memoryTree({ files: { file: "" } }), () => ({
    fsync: async (dataOnly: boolean) => void asked.push(dataOnly),
  }));
  const guest = await Guest.attached(tree);
  await guest.walk(0, 1, "file");
  expect(await guest.errno("Tfsync", { fid: 1, datasync: 0 })).toBe(ERRNO.EBADF);
  await guest.rpc("Tlopen", { fid: 1, flags: 2 });
  await guest.rpc("Tfsync", { fid: 1, datasync: 0 });
  await guest.rpc("Tfsync", { fid: 1, datasync: 1 });
  const short = encodeMessage("Tfsync", 9, { fid: 1, datasync: 1 }).slice(0, 11);
  new DataView(short.buffer).setUint32(0, 11, true);
  expect(await guest.sendBytes(short, 4096).reply).toEqual({ type: "Rfsync", tag: 9, fields: {} });
  expect(asked).toEqual([false, true, false]);
  expect(() => decodeMessage(short)).toThrow("cut off");
});

it("is possible on directories", async () => {
  const guest = await Guest.attached(await memoryTree());
  await guest.walk(0, 1);
  await guest.rpc("Tlopen", { fid: 1, flags: 0 });
  await guest.rpc("Tfsync", { fid: 1, datasync: 0 });
});
