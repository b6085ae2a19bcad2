import { decodeName, isProtocolError } from "@ninefold/core/contracts";
import {
  decodeDirectory,
  decodeMessage,
  encodeMessage,
  formatBytes,
  formatMessage,
  MESSAGES,
  type MessageInput,
  type MessageName,
} from "@ninefold/engine/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMessage, fieldsOf } from "./support/messages.ts";
import { bytesOf } from "./support/text.ts";

describe("the codec", () => {
  it("gives back every message that it encoded", () => {
    fc.assert(
      fc.property(anyMessage(), ({ type, tag, fields }) => {
        const bytes = encodeMessage(type, tag, fields as MessageInput<MessageName>);
        expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(bytes.length);
        expect(decodeMessage(bytes)).toEqual({ type, tag, fields });
      }),
      { numRuns: 600 },
    );
  });

  it("refuses a message that is cut off, or has something behind it", () => {
    fc.assert(
      fc.property(anyMessage(), fc.nat(), ({ type, tag, fields }, at) => {
        const bytes = encodeMessage(type, tag, fields as MessageInput<MessageName>);
        const length = at % bytes.length;
        expect(() => decodeMessage(bytes.slice(0, length))).toThrow();
        const longer = new Uint8Array([...bytes, 0]);
        new DataView(longer.buffer).setUint32(0, longer.length, true);
        expect(() => decodeMessage(longer)).toThrow();
      }),
    );
  });

  it("never fails but by a ProtocolError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...ids()), (body, id) => {
        const bytes = new Uint8Array([0, 0, 0, 0, id, 1, 0, ...body]);
        new DataView(bytes.buffer).setUint32(0, bytes.length, true);
        expect(typeof formatBytes(bytes)).toBe("string");
        try {
          decodeMessage(bytes);
        } catch (error) {
          expect(isProtocolError(error)).toBe(true);
        }
      }),
    );
  });

  it("has T and R messages in pairs, with ids that differ by one", () => {
    for (const name of Object.keys(MESSAGES) as MessageName[]) {
      if (name === "Rlerror" || name === "Rerror") continue;
      const other = `${name.startsWith("T") ? "R" : "T"}${name.slice(1)}` as MessageName;
      expect(MESSAGES[other][0] ^ 1).toBe(MESSAGES[name][0]);
    }
  });

  it("refuses numbers that their fields cannot hold", () => {
    expect(() => encodeMessage("Tclunk", 1, { fid: 2 ** 32 })).toThrow("fit");
    expect(() => encodeMessage("Tclunk", 1, { fid: 1.5 })).toThrow("fit");
    expect(() => encodeMessage("Tread", 1, { fid: 1, offset: 2n ** 64n, count: 1 })).toThrow("fit");
    const { fields } = decodeMessage(encodeMessage("Tread", 1, { fid: 1, offset: -1, count: 1 }));
    expect(fields).toMatchObject({ offset: 2n ** 64n - 1n });
  });

  it("takes names for bytes: what is no UTF-8 comes back as it was", () => {
    const bytes = new Uint8Array([0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x7a]);
    const name = decodeName(bytes, 0, bytes.length);
    const message = encodeMessage("Twalk", 1, { fid: 1, newfid: 2, wname: [name] });
    expect(message.slice(-bytes.length)).toEqual(bytes);
    expect(decodeMessage(message).fields).toMatchObject({ wname: [name] });
  });

  it("reads directory entries", () => {
    const entry = [
      0x80,
      1,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      3,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      4,
      3,
      0,
      ...bytesOf("etc"),
    ];
    const expected = { qid: { type: 0x80, version: 1, path: 2n }, offset: 3n, type: 4, name: "etc" };
    expect(decodeDirectory(new Uint8Array([...entry, ...entry]))).toEqual([expected, expected]);
    expect(() => decodeDirectory(new Uint8Array(entry.slice(0, -1)))).toThrow("cut off");
  });

  it("formats a message as one line", () => {
    expect(formatBytes(encodeMessage("Twalk", 3, { fid: 1, newfid: 2, wname: ["etc", 'a"b\n'] }))).toBe(
      'Twalk tag 3 fid 1 newfid 2 wname ["etc" "a\\"b\\n"]',
    );
    expect(formatBytes(encodeMessage("Rread", 4, { data: new Uint8Array(9) }))).toBe(
      "Rread tag 4 data 9 bytes",
    );
    expect(
      formatMessage({
        type: "Rlcreate",
        tag: 1,
        fields: { qid: { type: 0x80, version: 7, path: 9n }, iounit: 0 },
      }),
    ).toBe("Rlcreate tag 1 qid (80 7 9) iounit 0");
    expect(formatBytes(new Uint8Array([7, 0, 0, 0, 110, 0, 0]))).toMatch("Twalk of 7 bytes, malformed");
    expect(formatBytes(new Uint8Array([7, 0, 0, 0, 200, 0, 0]))).toMatch("type 200 of 7 bytes, malformed");
    expect(fieldsOf("Rflush")).toEqual([]);
  });
});

function ids(): number[] {
  return Object.values(MESSAGES).map(([id]) => id);
}
