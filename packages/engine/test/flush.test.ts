import { ERRNO } from "@ninefold/core/contracts";
import { encodeMessage } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { beforeEach, expect, it } from "vitest";
import { TestExchange } from "./support/exchange.ts";
import { Guest, turns } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";

let gate: Gate;
let guest: Guest;

beforeEach(async () => {
  gate = new Gate();
  guest = await Guest.attached(heldTree(await memoryTree({ files: { file: "text" } }), gate));
});

it("answers a flush behind the reply of what it flushes", async () => {
  gate.hold("stat");
  const getattr = guest.send("Tgetattr", { fid: 0, request_mask: 0 });
  const order: string[] = [];
  void getattr.reply.then((reply) => order.push(reply?.type ?? ""));
  const flush = guest.send("Tflush", { oldtag: getattr.tag });
  void flush.reply.then((reply) => order.push(reply?.type ?? ""));
  await turns();
  expect(order).toEqual([]);
  gate.open();
  await flush.reply;
  expect(order).toEqual(["Rgetattr", "Rflush"]);
});

it("answers a flush of no request at once, even of itself", async () => {
  for (const options of [{}, { tag: 77 }]) {
    const flush = guest.send("Tflush", { oldtag: 77 }, options);
    expect(flush.isAnswered).toBe(true);
    expect((await flush.reply)?.type).toBe("Rflush");
  }
});

it("answers several flushes of one request, and flushes of flushes, in order", async () => {
  gate.hold("statfs");
  const statfs = guest.send("Tstatfs", { fid: 0 });
  const first = guest.send("Tflush", { oldtag: statfs.tag });
  const second = guest.send("Tflush", { oldtag: statfs.tag });
  const third = guest.send("Tflush", { oldtag: first.tag });
  const order: string[] = [];
  for (const [name, sent] of Object.entries({ statfs, first, second, third })) {
    void sent.reply.then(() => order.push(name));
  }
  await turns();
  gate.open();
  await Promise.all([second.reply, third.reply]);
  expect(order).toEqual(["statfs", "first", "second", "third"]);
});

it("uses a tag again once it was flushed", async () => {
  gate.hold("statfs");
  const statfs = guest.send("Tstatfs", { fid: 0 }, { tag: 5 });
  const flush = guest.send("Tflush", { oldtag: 5 }, { tag: 6 });
  gate.open();
  await Promise.all([statfs.reply, flush.reply]);
  expect((await guest.send("Tgetattr", { fid: 0, request_mask: 0 }, { tag: 5 }).reply)?.type).toBe(
    "Rgetattr",
  );
});

it("refuses a tag that is under way, and does nothing with it", async () => {
  gate.hold("statfs");
  const statfs = guest.send("Tstatfs", { fid: 0 }, { tag: 5 });
  expect(await guest.errno("Tclunk", { fid: 0 }, { tag: 5 })).toBe(ERRNO.EINVAL);
  gate.open();
  expect((await statfs.reply)?.type).toBe("Rstatfs");
  await guest.clunk(0);
});

it("answers requests in whatever order the tree does", async () => {
  gate.hold("stat");
  const sent = Array.from({ length: 100 }, () => guest.send("Tgetattr", { fid: 0, request_mask: 0 }));
  await turns();
  const order: number[] = [];
  sent.forEach((each, i) => void each.reply.then(() => order.push(i)));
  for (let left = 100; left > 0; left--) {
    gate.letOne(((left + 7) * 31) % left);
    await turns(1);
  }
  await Promise.all(sent.map(({ reply }) => reply));
  expect(order).not.toEqual(sent.map((_, i) => i));
  expect([...order].sort((a, b) => a - b)).toEqual(sent.map((_, i) => i));
});

it("closes a file when the last request on it has ended, and answers the clunk then", async () => {
  await guest.walk(0, 1, "file");
  await guest.rpc("Tlopen", { fid: 1, flags: 0 });
  gate.hold("read");
  const reads = [0, 1].map((offset) => guest.send("Tread", { fid: 1, offset, count: 9 }));
  const clunk = guest.send("Tclunk", { fid: 1 });
  await turns();
  expect(gate.calls).not.toContain("close");
  expect(await guest.errno("Tread", { fid: 1, offset: 0, count: 9 })).toBe(ERRNO.EBADF);
  await guest.walk(0, 1);
  gate.letOne(1);
  await reads[1]!.reply;
  await turns();
  expect(clunk.isAnswered).toBe(false);
  gate.open();
  expect((await reads[0]!.reply)?.fields).toMatchObject({ data: { length: 4 } });
  expect((await clunk.reply)?.type).toBe("Rclunk");
  await guest.session.close();
  expect(gate.references).toBe(0);
});

it("keeps the old object of a fid that walks on, for requests that are under way on it", async () => {
  await guest.walk(0, 1);
  gate.hold("stat");
  const getattr = guest.send("Tgetattr", { fid: 1, request_mask: 0 });
  await turns();
  const walk = guest.send("Twalk", { fid: 1, newfid: 1, wname: ["file"] });
  await turns();
  gate.letOne(1);
  expect((await walk.reply)?.type).toBe("Rwalk");
  gate.open();
  expect((await getattr.reply)?.fields).toMatchObject({ mode: 0o40755 });
  expect(await guest.rpc("Tgetattr", { fid: 1, request_mask: 0 })).toMatchObject({ mode: 0o100644 });
  await guest.session.close();
  expect(gate.references).toBe(0);
});

it("lets nothing change a fid that is being opened", async () => {
  await guest.walk(0, 1, "file");
  gate.hold("open");
  const lopen = guest.send("Tlopen", { fid: 1, flags: 2 });
  await turns();
  expect(await guest.errno("Tlopen", { fid: 1, flags: 2 })).toBe(ERRNO.EINVAL);
  expect(await guest.errno("Twalk", { fid: 1, newfid: 1, wname: [] })).toBe(ERRNO.EINVAL);
  const xattr = { fid: 1, name: "user.a", attr_size: 1, flags: 0 };
  expect(await guest.errno("Txattrcreate", xattr)).toBe(ERRNO.EINVAL);
  const clunk = guest.send("Tclunk", { fid: 1 });
  gate.open();
  expect((await lopen.reply)?.type).toBe("Rlopen");
  expect((await clunk.reply)?.type).toBe("Rclunk");
  await guest.session.close();
  expect(gate.references).toBe(0);
});

it("has a limit of requests under way, above which only flushes are taken", async () => {
  const tree = heldTree(await memoryTree(), gate);
  const small = await Guest.attached(tree, { limits: { requestsInFlight: 3 } });
  gate.hold("statfs");
  const sent = [0, 1, 2].map(() => small.send("Tstatfs", { fid: 0 }));
  await turns();
  expect(await small.errno("Tstatfs", { fid: 0 })).toBe(ERRNO.EAGAIN);
  const flush = small.send("Tflush", { oldtag: sent[0]!.tag });
  gate.open();
  expect((await flush.reply)?.type).toBe("Rflush");
  await Promise.all(sent.map(({ reply }) => reply));
  await small.rpc("Tstatfs", { fid: 0 });
});

it("goes on when a transport fails to take a reply", async () => {
  gate.hold("statfs");
  const exchange = new TestExchange(encodeMessage("Tstatfs", 9, { fid: 0 }), 4096, 1);
  exchange.complete = () => {
    throw new Error("the transport's own");
  };
  guest.session.handle(exchange);
  const flush = guest.send("Tflush", { oldtag: 9 });
  gate.open();
  expect((await flush.reply)?.type).toBe("Rflush");
});
