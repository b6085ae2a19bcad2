import type { StandardSchema } from "@ninefold/core";
import { byteSize, octalMode, onOff, wholeNumber } from "@ninefold/core/options";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkOptions, deepFreeze } from "../src/options/check-options.ts";

describe("an option's value", () => {
  test.each([
    [
      onOff(),
      [
        ["on", true],
        [true, true],
        ["no", false],
        ["off", false],
        [false, false],
      ],
      ["maybe", 1, null],
    ],
    [
      wholeNumber(),
      [
        ["12", 12],
        [12, 12],
        ["0", 0],
      ],
      ["-1", 1.5, "1e3", "", "12x", Number.NaN],
    ],
    [wholeNumber({ min: -5, max: 5 }), [["-5", -5]], ["6", -6]],
    [
      byteSize(),
      [
        ["64M", 67108864],
        ["1.5k", 1536],
        [512, 512],
        ["7", 7],
        ["2T", 2 ** 41],
      ],
      ["64MB", "M", -1, "1.5"],
    ],
    [
      octalMode(),
      [
        ["0644", 0o644],
        ["0o600", 0o600],
        ["755", 0o755],
      ],
      [420, "0999", "01000", ""],
    ],
    [octalMode(0o7777), [["04755", 0o4755]], ["010000"]],
  ] as const)("%# is read from text and data, and refused in words", (schema: z.ZodType, good, bad) => {
    for (const [input, output] of good) expect(schema.parse(input)).toBe(output);
    for (const input of bad) {
      const { error } = schema.safeParse(input);
      expect(error?.issues[0]?.message, JSON.stringify(input)).toMatch(/^must be /);
    }
  });

  test("has a JSON Schema, for editors", () => {
    const schema = z.strictObject({ a: onOff(), b: byteSize(), c: octalMode(), d: wholeNumber() });
    expect(Object.keys(z.toJSONSchema(schema, { io: "input" }).properties ?? {})).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });
});

describe("options that a schema refuses", () => {
  const schema = z.strictObject({
    path: z.string(),
    security_model: z.enum(["passthrough", "none"]).default("none"),
    readonly: onOff().default(false),
    consent: z.union([z.literal("on"), z.literal(true)], { error: "say consent=on" }).optional(),
    nested: z.strictObject({ depth: z.number() }).optional(),
  });

  test.each([
    [
      { path: "x", pth: 1 },
      'option "pth" is unknown; allowed: path, security_model, readonly, consent, nested',
    ],
    [{}, 'option "path" is missing'],
    [{ path: 5 }, 'option "path" is 5; expected string'],
    [
      { path: "x", security_model: "mapped" },
      'option "security_model" is "mapped"; allowed: passthrough, none',
    ],
    [{ path: "x", readonly: "perhaps" }, 'option "readonly" is "perhaps"; must be on or off'],
    [{ path: "x", nested: { deep: 1, depth: 2 } }, 'option "nested.deep" is unknown; allowed: depth'],
    [{ path: "x", consent: "off" }, 'option "consent" is "off"; say consent=on'],
    [{ path: "x", nested: {} }, 'option "nested.depth" is missing'],
    [7, "the list of options is 7; expected object"],
  ])("%j is one clear line", async (options, line) => {
    await expect(checkOptions(schema, options, "fsdev fs0")).rejects.toMatchObject({
      name: "ConfigError",
      message: `fsdev fs0: ${line}`,
    });
  });

  test("are told in their author's words when they are missing", async () => {
    const consent = z.strictObject({
      consent: z.enum(["on"], { error: "say consent=on" }),
      of: z.enum(["a", "b"]),
    });
    await expect(checkOptions(consent, {}, "fsdev f")).rejects.toThrow(
      'fsdev f: option "consent" is missing; say consent=on\nfsdev f: option "of" is missing; allowed: a, b',
    );
  });

  test("have a line for each mistake", async () => {
    await expect(checkOptions(schema, { pth: 1, qth: 2 }, "fsdev fs0")).rejects.toMatchObject({
      mistakes: [
        { code: "ERR_CONFIG_MISSING" },
        { code: "ERR_CONFIG_KEY", option: "pth" },
        { option: "qth" },
      ],
    });
  });

  test("may be refused by any Standard Schema library, also one that says little", async () => {
    const strange = (path: readonly PropertyKey[]): StandardSchema => ({
      "~standard": {
        version: 1,
        vendor: "strange",
        validate: async () => ({ issues: [{ message: "Not good", path: path.map((key) => ({ key })) }] }),
      },
    });
    await expect(checkOptions(strange(["a", 0]), { a: ["x"] }, "fsdev f")).rejects.toThrow(
      'fsdev f: option "a[0]" is "x"; not good',
    );
    await expect(checkOptions(strange([]), {}, "fsdev f")).rejects.toThrow(
      "fsdev f: the list of options is {}; not good",
    );
    const mute: StandardSchema = {
      "~standard": { version: 1, vendor: "mute", validate: () => ({ issues: [] }) },
    };
    await expect(checkOptions(mute, {}, "fsdev f")).rejects.toThrow("refuses this without saying why");
  });
});

test("options that are allowed arrive frozen, and live objects in them untouched", async () => {
  const live = new Map();
  const options = await checkOptions(z.unknown(), { list: [{ deep: 1 }], live }, "fsdev f");
  expect(options).toEqual({ list: [{ deep: 1 }], live });
  expect(Object.isFrozen((options as { list: [object] }).list[0])).toBe(true);
  expect(Object.isFrozen(live)).toBe(false);
  expect(deepFreeze("text")).toBe("text");
});
