import { decodeName, IoVec } from "@ninefold/core/contracts";
import {
  decodeMessage,
  encodeMessage,
  MESSAGES,
  type MessageInput,
  type MessageName,
} from "@ninefold/engine/codec";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MessageReader } from "../src/codec/message-reader.ts";
import { fixedSize } from "../src/codec/notation.ts";
import { ReplyWriter } from "../src/codec/reply-writer.ts";
import { anyMessage, fieldsOf } from "./support/messages.ts";

const requests = (Object.keys(MESSAGES) as MessageName[]).filter((name) => name.startsWith("T"));

/** Reads a message's fields by the cursor, in the table's order. */
function readByCursor(
  bytes: Uint8Array,
  type: MessageName,
  pieces: number,
): Record<string, unknown> | undefined {
  const request = new IoVec();
  for (let i = 0; i < pieces; i++) {
    const at = Math.floor((bytes.length * i) / pieces);
    request.push(bytes, at, Math.floor((bytes.length * (i + 1)) / pieces) - at, 0);
  }
  const reader = new MessageReader();
  reader.loadHeader(request);
  expect(reader.loadBody(request)).toBe(true);
  const values: Record<string, unknown> = {};
  for (const field of fieldsOf(type)) {
    if (field.width === "data") {
      // Twrite's data is left where it is; Twstat's record is read with the rest.
      const length = type === "Twstat" ? (values[field.count ?? ""] as number) : 0;
      for (let i = 0; i < length; i++) reader.u8();
      continue;
    }
    const one = (): unknown => {
      switch (field.width) {
        case 1:
          return reader.u8();
        case 2:
          return reader.u16();
        case 4:
          return reader.u32();
        case 8:
          return reader.u64();
        default:
          return reader.string();
      }
    };
    values[field.name] = field.list
      ? Array.from({ length: values[field.count ?? ""] as number }, one)
      : one();
  }
  return reader.complete ? values : undefined;
}

it("the session's cursor reads what the table's decoder reads", () => {
  fc.assert(
    fc.property(anyMessage(requests), fc.integer({ min: 1, max: 6 }), ({ type, tag, fields }, pieces) => {
      const bytes = encodeMessage(type, tag, fields as MessageInput<MessageName>);
      const values = readByCursor(bytes, type, pieces);
      for (const [name, value] of Object.entries(fields)) {
        if (value instanceof Uint8Array) continue;
        const read = values?.[name];
        if (typeof value !== "bigint") expect(read).toEqual(value);
        else if (value <= BigInt(Number.MAX_SAFE_INTEGER)) expect(read).toBe(Number(value));
        else expect(read).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
      }
    }),
    { numRuns: 500 },
  );
});

it("the session's cursor finds every message incomplete that is cut off", () => {
  fc.assert(
    fc.property(anyMessage(requests), fc.nat(), ({ type, tag, fields }, at) => {
      const bytes = encodeMessage(type, tag, fields as MessageInput<MessageName>);
      const fixed = type === "Twrite" ? fixedSize("Twrite") : bytes.length;
      const length = 7 + (at % Math.max(fixed - 7, 1));
      if (length >= fixed) return;
      const cut = bytes.slice(0, length);
      new DataView(cut.buffer).setUint32(0, length, true);
      expect(readByCursor(cut, type, 1)).toBeUndefined();
    }),
  );
});

it("numbers are signed where the client's are, and names are checked", () => {
  const body = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0x61, 0x2f, 3, 0, 0x61, 0, 0x62, 0, 0, 1, 0, 0xff,
  ];
  const bytes = new Uint8Array([0, 0, 0, 0, 122, 0, 0, ...body]);
  new DataView(bytes.buffer).setUint32(0, bytes.length, true);
  const reader = new MessageReader();
  reader.loadHeader(IoVec.of(bytes));
  reader.loadBody(IoVec.of(bytes));
  expect(reader.i64()).toBe(-1);
  expect([reader.name(), reader.name(), reader.name(), reader.name()]).toEqual(["", "", "", "\udcff"]);
  expect(reader.complete).toBe(true);
  expect([reader.u8(), reader.u64(), reader.string(), reader.name()]).toEqual([0, 0, "", ""]);
  expect(reader.complete).toBe(false);
  expect(() => reader.finish()).toThrow("does not fit");
});

it("the reply writer writes what the table's decoder reads", () => {
  const writer = new ReplyWriter();
  writer.begin(MESSAGES.Rgetlock[0], 7);
  writer.u8(2);
  writer.u64(2 ** 53 - 1);
  writer.u64(-2);
  writer.u32(9);
  expect(writer.string("x".repeat(9000))).toBe(false);
  expect(writer.string("é\udcff")).toBe(true);
  const bytes = writer.bytes.slice(0, writer.finish());
  const name = decodeName(new Uint8Array([0xc3, 0xa9, 0xff]), 0, 3);
  expect(decodeMessage(bytes)).toEqual({
    type: "Rgetlock",
    tag: 7,
    fields: { type: 2, start: 2n ** 53n - 1n, length: 2n ** 64n - 2n, proc_id: 9, client_id: name },
  });
});

it("the room that a reply needs is its fixed part", () => {
  expect([fixedSize("Rgetattr"), fixedSize("Rwalk"), fixedSize("Rread"), fixedSize("Rclunk")]).toEqual([
    160, 9, 11, 7,
  ]);
  expect(fixedSize("Twrite")).toBe(23);
});
