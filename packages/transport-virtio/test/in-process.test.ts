import { BROKEN, PENDING } from "@ninefold/core/contracts";
import { expect, test } from "vitest";
import { type ChainShape, connectInProcess, cutChain, type Segment } from "../src/testing/index.ts";
import { EchoSession, echoed, hostOf, message } from "./echo.ts";
import { openDescriptors } from "./test-host.ts";

const TREAD = 116;
const TWRITE = 118;
const TGETATTR = 24;

test.each(["call", "eventfd"] as const)(
  "a guest in this process is served through a real ring, notified by %s",
  async (notify) => {
    const session = new EchoSession();
    const before = openDescriptors();
    const channel = connectInProcess(hostOf(session), { notify, queueSize: 8 });
    const sent = Array.from({ length: 200 }, (_, tag) =>
      message(tag % 2 ? TWRITE : TGETATTR, 1 + tag * 10, tag),
    );
    const replies = await Promise.all(sent.map((each) => channel.request(each, 8192)));
    expect(replies).toEqual(sent.map(echoed));
    session.later = 2;
    expect(await Promise.all(sent.map((each) => channel.request(each, 8192)))).toEqual(replies);
    await channel.close();
    await channel.close();
    expect(session.isClosed).toBe(true);
    expect(openDescriptors()).toEqual(before);
    await expect(channel.request(sent[0]!)).rejects.toThrow("closed");
  },
);

test("a channel whose ring breaks rejects what is under way and what comes", async () => {
  const session = new EchoSession();
  const channel = connectInProcess(hostOf(session));
  session.handle = () => BROKEN;
  await expect(channel.request(message(TGETATTR, 4))).rejects.toThrow("the 9P session cannot go on");
  await expect(channel.request(message(TGETATTR, 4))).rejects.toThrow("the 9P session cannot go on");
  await channel.close();
});

test("a request that is returned without an answer stays open until the channel ends", async () => {
  const session = new EchoSession();
  const channel = connectInProcess(hostOf(session));
  session.handle = (exchange) => {
    setImmediate(() => exchange.complete(0));
    return PENDING;
  };
  const open = channel.request(message(TGETATTR, 4, 5));
  const next = channel.request(message(TGETATTR, 4, 6));
  const settled = await Promise.race([open, next, new Promise((resolve) => setTimeout(resolve, 20, "open"))]);
  expect(settled).toBe("open");
  await channel.close();
  await expect(open).rejects.toThrow("closed");
  await expect(next).rejects.toThrow("closed");
});

test("messages that the channel has no room for are the caller's mistake", async () => {
  const channel = connectInProcess(hostOf(new EchoSession()), { maxMessageSize: 8192 });
  await expect(channel.request(new Uint8Array(8193))).rejects.toThrow(RangeError);
  await expect(channel.request(new Uint8Array(10), 8193)).rejects.toThrow(RangeError);
  await channel.close();
});

test("chains have the shapes that Linux gives them", () => {
  const cut = (request: Uint8Array, room: number, shape: ChainShape = "linux") => {
    const segments: Segment[] = [];
    cutChain(request, room, 0x100000, 0x200000, shape, segments);
    return segments.map(({ length, writable }) => (writable ? -length : length));
  };
  const read = (count: number) => {
    const request = message(TREAD, 16);
    new DataView(request.buffer).setUint32(19, count, true);
    return request;
  };
  expect(cut(message(TGETATTR, 12), 4096)).toEqual([19, -4096]);
  expect(cut(read(1024), 1035)).toEqual([23, -1035]);
  expect(cut(read(4096), 4107)).toEqual([23, -11, -4056, -40]);
  expect(cut(read(12000), 12011)).toEqual([23, -11, -4056, -4096, -3848]);
  expect(cut(message(TWRITE, 16 + 1024), 4096)).toEqual([1047, -4096]);
  expect(cut(message(TWRITE, 16 + 5000), 4096)).toEqual([23, 4056, 944, -4096]);
  expect(cut(message(TWRITE, 16 + 5000), 4096, "plain")).toEqual([5023, -4096]);
});
