import { MESSAGES, type MessageName } from "@ninefold/engine/codec";
import fc from "fast-check";
import { type Field, parseNotation } from "../../src/codec/notation.ts";

export interface AnyMessage {
  readonly type: MessageName;
  readonly tag: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function fieldsOf(type: MessageName): readonly Field[] {
  return parseNotation(MESSAGES[type][1]);
}

/** Any message of the table, its fields of any value. Small ones come more often. */
export function anyMessage(
  types: readonly MessageName[] = Object.keys(MESSAGES) as MessageName[],
): fc.Arbitrary<AnyMessage> {
  return fc
    .constantFrom(...types)
    .chain((type) => fc.record({ type: fc.constant(type), tag: fc.nat(0xffff), fields: anyFields(type) }));
}

export function anyFields(type: MessageName): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const layout = fieldsOf(type);
  const counts = new Set(layout.map(({ count }) => count));
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of layout) {
    if (counts.has(field.name)) continue;
    const value = anyValue(field.width);
    model[field.name] = field.list ? fc.array(value, { maxLength: 18 }) : value;
  }
  return fc.record(model, { noNullPrototype: true });
}

function anyValue(width: Field["width"]): fc.Arbitrary<unknown> {
  switch (width) {
    case 1:
      return fc.nat(0xff);
    case 2:
      return fc.nat(0xffff);
    case 4:
      return fc.oneof(fc.nat(20), fc.nat(0xffff_ffff), fc.constant(0xffff_ffff));
    case 8:
      return fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 2n ** 64n - 1n), fc.constant(2n ** 64n - 1n));
    case 13:
      return fc.record(
        { type: fc.nat(0xff), version: fc.nat(0xffff_ffff), path: fc.bigInt(0n, 2n ** 64n - 1n) },
        { noNullPrototype: true },
      );
    case "s":
      return fc.oneof(
        fc.constantFrom("", ".", "..", "a", "b", "a/b", "nul\0", "x".repeat(256)),
        fc.string({ unit: "grapheme", maxLength: 40 }),
      );
    case "data":
      return fc.uint8Array({ maxLength: 600 });
  }
}
