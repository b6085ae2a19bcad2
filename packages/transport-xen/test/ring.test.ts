import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { halfLength, Ring } from "../src/ring/index.ts";
import { ringBench } from "./ring-bench.ts";
import { contentAt, message, StubSession, TREAD, TWRITE, tread, twrite } from "./stub-session.ts";

describe("a ring", () => {
  test("answers a message, gives its bytes back, and sends one event for both", () => {
    const { front, ring, replies, events } = ringBench(0);
    front.send(message(TWRITE + 2, 7, Uint8Array.of(1, 2, 3)));
    ring.serve();
    front.serve();
    expect(replies).toEqual([message(TWRITE + 3, 7, Uint8Array.of(1, 2, 3))]);
    expect(front.indices.outCons).toBe(10);
    expect(events).toEqual({ back: 1, front: 2 });
    ring.serve();
    expect(events.back).toBe(1);
  });

  test.each([0, 1, 4, 9])(
    "carries messages of all sizes around an order-%i ring, over the end of u32",
    async (order) => {
      const half = halfLength(order);
      const { front, ring, replies, broken, session } = ringBench(order, 2 ** 32 - Math.floor(half * 1.5));
      const sizes = [0, 1, 500, 505, 506, 600, Math.floor(half / 3), half - 11 - 16];
      let sent = 0;
      for (let round = 0; round < 6; round++) {
        for (const size of sizes) {
          const payload = Uint8Array.from({ length: Math.max(0, size) }, (_, i) => (i + sent) & 0xff);
          front.send(twrite(sent & 0xfff, payload));
          ring.serve();
          front.serve();
          const sum = payload.reduce((total, byte) => (total + byte) & 0xff, 0);
          expect(replies.pop()).toEqual(message(TWRITE + 1, sent & 0xfff, Uint8Array.of(sum)));
          front.send(tread(sent & 0xfff, sent, Math.max(0, size)));
          ring.serve();
          front.serve();
          const reply = replies.pop()!;
          expect(reply.length).toBe(11 + Math.max(0, size));
          expect(reply.subarray(11).every((byte, i) => byte === contentAt(sent + i))).toBe(true);
          sent += 1;
        }
      }
      expect(broken).toEqual([]);
      expect(ring.inFlight).toBe(0);
      expect(session.handled).toBe(2 * sent);
    },
  );

  test("uses the data of a large Twrite where it lies, and copies every other request", () => {
    const { front, ring, session, data } = ringBench(1);
    front.send(twrite(1, new Uint8Array(1000)));
    session.holds = () => true;
    ring.serve();
    expect(session.held[0]!.exchange.request.bytes[1]).toBe(data);
    expect(session.held[0]!.exchange.request.bytes[0]).not.toBe(data);
    front.send(message(30, 2, new Uint8Array(1000)));
    ring.serve();
    expect(session.held[1]!.exchange.request.bytes[0]).not.toBe(data);
    expect(session.held[1]!.exchange.request.count).toBe(1);
  });

  test("lets the data of Tread go straight to the ring, in two pieces where it wraps", () => {
    const half = halfLength(0);
    const { front, ring, session, replies } = ringBench(0, half - 100);
    front.send(tread(1, 0, 300));
    ring.serve();
    expect(session.lastReplySegments).toBe(2);
    front.serve();
    expect(replies[0]!.length).toBe(311);
  });

  test("lets no pending Tread hold up other replies once it is deferred; one that is not keeps its place", async () => {
    const { front, ring, session, replies, data, turn } = ringBench(2);
    session.holds = (_, tag) => tag < 2;
    session.defers = (_, tag) => tag === 0;
    front.send(tread(0, 0, 2000));
    ring.serve();
    expect(session.held[0]!.exchange.reply.bytes[0]).not.toBe(data);
    for (let tag = 2; tag < 6; tag++) front.send(tread(tag, tag, 500));
    ring.serve();
    front.serve();
    expect(replies.map((reply) => reply[5])).toEqual([2, 3, 4, 5]);
    expect(session.lastReplySegments).toBe(1);
    front.send(tread(1, 1, 700));
    ring.serve();
    expect(session.held[1]!.exchange.reply.bytes[0]).toBe(data);
    session.held[0]!.answer();
    await turn();
    front.serve();
    expect(replies).toHaveLength(4);
    session.held[0]!.answer();
    await turn();
    front.serve();
    expect(replies.map((reply) => [reply[5], reply.length])).toEqual([
      ...[2, 3, 4, 5].map((tag) => [tag, 511]),
      [1, 711],
      [0, 2011],
    ]);
    expect(
      replies
        .at(-1)!
        .subarray(11)
        .every((byte, i) => byte === contentAt(i)),
    ).toBe(true);
    expect([front.indices.outCons === front.indices.outProd, ring.inFlight]).toEqual([true, 0]);
  });

  test("takes the memory of deferred replies into account", async () => {
    const { front, ring, session, replies, turn } = ringBench(9);
    session.holds = () => true;
    session.defers = () => true;
    for (let tag = 0; tag < 60; tag++) front.send(tread(tag, 0, 500_000));
    ring.serve();
    // 512 KiB each, and 16 MiB at most.
    expect(ring.inFlight).toBe(32);
    for (let i = 0; replies.length < 60 && i < 1000; i++) {
      session.held[0]?.answer();
      await turn();
      front.serve();
      ring.serve();
    }
    expect(new Set(replies.map((reply) => reply[5])).size).toBe(60);
  });

  test("keeps requests until they and all before them are answered, in any order", async () => {
    const { front, ring, session, replies, turn } = ringBench(4);
    session.holds = () => true;
    for (let tag = 0; tag < 8; tag++) front.send(message(50, tag, new Uint8Array(100)));
    ring.serve();
    expect(front.indices.outCons).toBe(0);
    for (const tag of [3, 1, 7]) session.held.find((each) => each.tag === tag)!.answer();
    await turn();
    expect(front.indices.outCons).toBe(0);
    session.held.find((each) => each.tag === 0)!.answer();
    await turn();
    expect(front.indices.outCons).toBe(2 * 107);
    for (const each of [...session.held].reverse()) each.answer();
    await turn();
    front.serve();
    expect(front.indices.outCons).toBe(8 * 107);
    expect(replies.map((reply) => reply[5])).toEqual([3, 1, 7, 0, 6, 5, 4, 2]);
  });

  test("gives copied requests back before they are answered when the front end is short of room", async () => {
    const { front, ring, session, replies, turn } = ringBench(0);
    session.holds = (_, tag) => tag === 0;
    for (let tag = 0; tag < 10; tag++) front.send(message(50, tag, new Uint8Array(400)));
    for (let i = 0; i < 10; i++) {
      ring.serve();
      front.serve();
      await turn();
    }
    expect(replies.map((reply) => reply[5])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    session.held[0]!.answer();
    await turn();
    front.serve();
    expect(replies.at(-1)![5]).toBe(0);
    expect(ring.inFlight).toBe(0);
  });

  test("waits with replies while `in` is full, publishes each as a whole, and goes on at the front end's event", async () => {
    const { front, ring, replies, events } = ringBench(0);
    for (let tag = 0; tag < 60; tag++) front.send(tread(tag, tag, 700));
    ring.serve();
    expect(front.indices.inProd).toBe(2 * 711);
    for (let i = 0; i < 40; i++) {
      front.serve();
      ring.serve();
    }
    expect(replies.map((reply) => reply[5])).toEqual(Array.from({ length: 60 }, (_, tag) => tag));
    expect(ring.inFlight).toBe(0);
    expect(events.back).toBeLessThan(60);
  });

  test("lets no front end have more than so many requests in flight", async () => {
    const { front, ring, session, turn } = ringBench(9);
    session.holds = () => true;
    for (let tag = 0; tag < 1000; tag++) front.send(message(50, tag));
    for (let i = 0; i < 20; i++) {
      ring.serve();
      await turn();
    }
    expect(ring.inFlight).toBe(256);
    while (session.held.length > 0) {
      for (const each of [...session.held]) each.answer();
      await turn();
      front.serve();
      ring.serve();
    }
    expect(session.handled).toBe(1000);
    expect(front.indices.outCons).toBe(7000);
  });

  test("serves a burst over several turns", async () => {
    const { front, ring, session, turn } = ringBench(4);
    for (let tag = 0; tag < 200; tag++) front.send(message(50, tag));
    ring.serve();
    expect(session.handled).toBe(64);
    for (let i = 0; i < 4; i++) await turn();
    expect(session.handled).toBe(200);
  });

  test("waits for the rest of a request that is written in pieces", () => {
    const { front, ring, session, data } = ringBench(0);
    const bytes = message(50, 1, new Uint8Array(20));
    const half = halfLength(0);
    for (let length = 1; length <= bytes.length; length++) {
      data.set(bytes.subarray(0, length), half);
      front.indices.outProd = length;
      ring.serve();
      expect(session.handled).toBe(length === bytes.length ? 1 : 0);
    }
  });

  test("takes a live ring up where an earlier process left it, and answers what waits", () => {
    const first = ringBench(2, 2 ** 32 - 20);
    first.session.holds = (_, tag) => tag > 2;
    for (let tag = 1; tag < 6; tag++) first.front.send(message(50, tag));
    first.ring.serve();
    first.ring.stop();
    const session = new StubSession();
    let events = 0;
    const second = new Ring({
      memory: { page: first.page, data: first.data, address: 0 },
      order: 2,
      session,
      maxMessageSize: halfLength(2),
      notify: () => events++,
      onBroken: (reason) => first.broken.push(reason),
    });
    second.serve();
    first.front.serve();
    expect(first.broken).toEqual([]);
    expect(session.handled).toBe(3);
    expect(events).toBe(1);
    expect(first.replies.map((reply) => reply[5])).toEqual([1, 2, 3, 4, 5]);
  });

  test("touches nothing after it was stopped", () => {
    const { front, ring, session, page } = ringBench(0);
    session.holds = () => true;
    front.send(message(50, 1));
    ring.serve();
    ring.stop();
    const before = page.slice();
    session.held[0]!.answer();
    ring.serve();
    expect(page).toEqual(before);
    expect(ring.inFlight).toBe(0);
  });

  test("sends nothing for a request that nobody wants answered any more", async () => {
    const { front, ring, session, replies, turn } = ringBench(0);
    session.holds = () => true;
    front.send(message(50, 1));
    ring.serve();
    await session.reset();
    await turn();
    front.serve();
    expect(replies).toEqual([]);
    expect(front.indices.outCons).toBe(7);
  });

  test("any mix of sizes, delays and orders of completion gives every request its own reply", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(
        fc.record({
          kind: fc.constantFrom(TREAD, TWRITE, 50),
          size: fc.integer({ min: 0, max: 1900 }),
          isHeld: fc.boolean(),
          isDeferred: fc.boolean(),
          order: fc.double({ noNaN: true }),
        }),
        { maxLength: 60 },
      ),
      async (order, start, steps) => {
        const { front, ring, session, replies, broken, turn } = ringBench(order, start);
        session.holds = (_, tag) => steps[tag]!.isHeld;
        session.defers = (_, tag) => steps[tag]!.isDeferred;
        for (const [tag, { kind, size }] of steps.entries()) {
          if (kind === TREAD) front.send(tread(tag, tag, size));
          else if (kind === TWRITE) front.send(twrite(tag, new Uint8Array(size).fill(tag)));
          else front.send(message(kind, tag, new Uint8Array(size).fill(tag)));
        }
        for (let i = 0; replies.length < steps.length && i < 4000; i++) {
          ring.serve();
          front.serve();
          session.held.toSorted((a, b) => steps[a.tag]!.order - steps[b.tag]!.order)[0]?.answer();
          await turn();
        }
        expect(broken).toEqual([]);
        expect(ring.inFlight).toBe(0);
        const byTag = new Map(replies.map((reply) => [reply[5]!, reply]));
        for (const [tag, { kind, size }] of steps.entries()) {
          const reply = byTag.get(tag)!;
          expect(reply[4]).toBe(kind + 1);
          if (kind === TREAD) {
            expect(reply.length).toBe(11 + size);
            expect(reply.subarray(11).every((byte, i) => byte === contentAt(tag + i))).toBe(true);
          } else if (kind === TWRITE) {
            expect(reply[7]).toBe((size * tag) & 0xff);
          } else {
            expect(reply).toEqual(message(51, tag, new Uint8Array(size).fill(tag)));
          }
        }
        expect(front.indices.outCons).toBe(front.indices.outProd);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
