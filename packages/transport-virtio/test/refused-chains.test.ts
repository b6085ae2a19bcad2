import { IoVec } from "@ninefold/core/contracts";
import { expect, test } from "vitest";
import type { ChainFault } from "../src/virtqueue/descriptor-chain.ts";
import { DESC_F_INDIRECT, DESC_F_NEXT, DESC_F_WRITE } from "../src/virtqueue/layout.ts";
import { PLAIN, TestRing } from "./test-ring.ts";

const REQUEST = 0x10000;
const REPLY = 0x10100;
const TABLE = 0x11000;
const NOWHERE = 0x4000_0000;

const cases: readonly [string, ChainFault, (ring: TestRing) => void][] = [
  [
    "a next descriptor behind the table",
    "next-out-of-range",
    (ring) => ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 8),
  ],
  [
    "a chain that comes round",
    "chain-loop",
    (ring) => ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 1),
  ],
  [
    "a readable buffer behind a writable one",
    "readable-after-writable",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, REQUEST, 16, 0);
    },
  ],
  [
    "an empty buffer",
    "zero-length",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, REQUEST, 0, DESC_F_WRITE);
    },
  ],
  [
    "a writable buffer that is nowhere",
    "out-of-memory",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, NOWHERE, 16, DESC_F_WRITE);
    },
  ],
  [
    "a writable buffer that ends behind the memory",
    "out-of-memory",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, 0x1fff0, 17, DESC_F_WRITE);
    },
  ],
  [
    "an address that needs all 64 bits",
    "out-of-memory",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, 0xffff_ffff_ffff_f000, 0x2000, DESC_F_WRITE);
    },
  ],
  [
    "an indirect table with a next descriptor",
    "indirect-not-allowed",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 16, DESC_F_INDIRECT | DESC_F_NEXT, 3);
    },
  ],
  [
    "an indirect table in an indirect table",
    "indirect-not-allowed",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 32, DESC_F_INDIRECT);
      ring.describeAt(TABLE, TABLE, 16, DESC_F_INDIRECT);
    },
  ],
  [
    "an indirect table of no descriptor",
    "indirect-length",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 0, DESC_F_INDIRECT);
    },
  ],
  [
    "an indirect table of one and a half",
    "indirect-length",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 24, DESC_F_INDIRECT);
    },
  ],
  [
    "an indirect table that is nowhere",
    "indirect-out-of-memory",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, NOWHERE, 16, DESC_F_INDIRECT);
    },
  ],
  [
    "an enormous indirect table that is nowhere",
    "indirect-out-of-memory",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, 0x1f000, 0xffff_fff0, DESC_F_INDIRECT);
    },
  ],
  [
    "a next descriptor behind the indirect table",
    "next-out-of-range",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 16, DESC_F_INDIRECT);
      ring.describeAt(TABLE, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 1);
    },
  ],
  [
    "a loop in the indirect table",
    "chain-loop",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 16, DESC_F_INDIRECT);
      ring.describeAt(TABLE, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 0);
    },
  ],
  [
    "more descriptors than any request needs",
    "chain-too-long",
    (ring) => {
      ring.describe(1, REPLY, 16, DESC_F_WRITE | DESC_F_NEXT, 2);
      ring.describe(2, TABLE, 16 * 1100, DESC_F_INDIRECT);
      for (let i = 0; i < 1100; i++)
        ring.describeAt(TABLE + 16 * i, REPLY, 1, DESC_F_WRITE | DESC_F_NEXT, i + 1);
    },
  ],
  [
    "more zeros than any request needs",
    "chain-too-long",
    (ring) => {
      ring.describe(0, REQUEST, 16, DESC_F_NEXT, 1);
      ring.describe(1, NOWHERE, 0xffff_ffff, 0);
    },
  ],
];

test.each(cases)("%s fails its own request only", (_, fault, spoil) => {
  const ring = new TestRing();
  ring.owner.answer = ({ reply }) => reply.scatter(0, new Uint8Array(11).fill(9), 0, 11);
  ring.ram.write(REQUEST, [16, 0, 0, 0, 100, 0x34, 0x12]);
  ring.describe(0, REQUEST, 16, DESC_F_NEXT, 1);
  spoil(ring);
  ring.describePair(6);
  ring.offer(0, 6);
  ring.queue.run();
  expect(ring.owner.faults).toEqual([fault]);
  expect(ring.owner.errors).toEqual([]);
  expect(ring.usedIndex).toBe(2);
  expect(ring.used(1)).toEqual({ id: 6, length: 11 });
});

test("a refused request whose tag and room are known is answered with Rlerror EIO", () => {
  const ring = new TestRing();
  ring.ram.write(REQUEST, [16, 0, 0, 0, 100, 0x34, 0x12]);
  ring.describe(0, REQUEST, 16, DESC_F_NEXT, 1);
  ring.describe(1, REPLY, 11, DESC_F_WRITE | DESC_F_NEXT, 2);
  ring.describe(2, NOWHERE, 4096, DESC_F_WRITE);
  ring.offer(0);
  ring.queue.run();
  expect(ring.used(0)).toEqual({ id: 0, length: 11 });
  expect([...ring.ram.read(REPLY, 11)]).toEqual([11, 0, 0, 0, 7, 0x34, 0x12, 5, 0, 0, 0]);
});

test("a refused request without a readable header is returned with no bytes", () => {
  const ring = new TestRing();
  ring.describe(0, NOWHERE, 16, DESC_F_NEXT, 1);
  ring.describe(1, REPLY, 16, DESC_F_WRITE);
  ring.offer(0);
  ring.queue.run();
  expect(ring.owner.faults).toEqual(["out-of-memory"]);
  expect(ring.used(0)).toEqual({ id: 0, length: 0 });
});

test("indirect tables are refused unless they were negotiated", () => {
  const ring = new TestRing(8, { ...PLAIN, indirect: false });
  ring.describe(0, TABLE, 16, DESC_F_INDIRECT);
  ring.offer(0);
  ring.queue.run();
  expect(ring.owner.faults).toEqual(["indirect-not-allowed"]);
});

test("payload that is not mapped reads as zeros, up to where memory begins again", () => {
  const regions = [
    { guestAddress: 0, size: 0x20000 },
    { guestAddress: 0x21000, size: 0x1000 },
  ];
  const ring = new TestRing(8, PLAIN, undefined, regions);
  const request = new IoVec();
  ring.owner.answer = (exchange) => {
    exchange.request.slice(0, 1e9, request);
    return 7;
  };
  ring.ram.write(0x1fff0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  ring.ram.write(0x21000, [21, 22]);
  ring.describe(0, 0x1fff0, 0x1012, DESC_F_NEXT, 1);
  ring.describe(1, REPLY, 16, DESC_F_WRITE);
  ring.offer(0);
  ring.queue.run();
  const bytes = new Uint8Array(0x1012);
  expect(request.gather(0, bytes, 0, 0x2000)).toBe(0x1012);
  expect([...bytes.subarray(0, 18)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0]);
  expect(bytes.subarray(16, 0x1010).every((byte) => byte === 0)).toBe(true);
  expect([...bytes.subarray(0x1010)]).toEqual([21, 22]);
});

test("buffers that follow each other in memory become one piece, others do not", () => {
  const regions = [
    { guestAddress: 0, size: 0x20000 },
    { guestAddress: 0x20000, size: 0x1000 },
  ];
  const ring = new TestRing(8, PLAIN, undefined, regions);
  const pieces: number[][] = [];
  ring.owner.answer = ({ request, reply }) => {
    for (const vec of [request, reply]) pieces.push(vec.lengths.slice(0, vec.count), [vec.length]);
    return 7;
  };
  ring.describe(0, REQUEST, 16, DESC_F_NEXT, 1);
  ring.describe(1, REQUEST + 16, 16, DESC_F_NEXT, 2);
  ring.describe(2, REQUEST + 32, 16, DESC_F_NEXT | DESC_F_WRITE, 3);
  ring.describe(3, 0x1fff0, 16, DESC_F_NEXT | DESC_F_WRITE, 4);
  ring.describe(4, 0x20000, 16, DESC_F_NEXT | DESC_F_WRITE, 5);
  ring.describe(5, 0x20010, 16, DESC_F_WRITE, 0);
  ring.offer(0);
  ring.queue.run();
  expect(pieces).toEqual([[32], [32], [16, 16, 32], [64]]);
});
