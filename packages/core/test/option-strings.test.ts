import { isConfigError, parseOptionString } from "@ninefold/core";
import { formatOptionString } from "@ninefold/core/options";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const FSDEV = { impliedKey: "fsdriver", option: "-fsdev" };

describe("an option string", () => {
  test.each([
    ["local,id=fs0,path=/srv", { fsdriver: "local", id: "fs0", path: "/srv" }],
    ["local,id=fs0,readonly", { fsdriver: "local", id: "fs0", readonly: "on" }],
    ["local,path=/a,,b,id=x", { fsdriver: "local", path: "/a,b", id: "x" }],
    ["id=a,id=b", { id: "b" }],
    ["fsdriver=local,id=a", { fsdriver: "local", id: "a" }],
    ["a,,b,id=x", { fsdriver: "a,b", id: "x" }],
    ["local,path=a=b,id=", { fsdriver: "local", path: "a=b", id: "" }],
    ["local,", { fsdriver: "local" }],
    ["local,,,id=a", { fsdriver: "local,", id: "a" }],
    ["", {}],
    [
      "local,__proto__=x",
      Object.fromEntries([
        ["fsdriver", "local"],
        ["__proto__", "x"],
      ]),
    ],
  ])("%j reads as QEMU reads it", (text, options) => {
    expect(parseOptionString(text, FSDEV)).toEqual(options);
  });

  test("without an implied key starts with a flag", () => {
    expect(parseOptionString("readonly,id=a")).toEqual({ readonly: "on", id: "a" });
  });

  test.each(["=x", "local,=x"])("%j has a part without a key, which is named", (text) => {
    expect(() => parseOptionString(text, FSDEV)).toThrow(
      `-fsdev ${text}: there is no key before "=x"; write key=value`,
    );
  });

  test("is refused with an error that programs know", () => {
    let caught: unknown;
    try {
      parseOptionString("a=b,=c");
    } catch (error) {
      caught = error;
    }
    expect(isConfigError(caught)).toBe(true);
    expect(caught).toMatchObject({ code: "ERR_CONFIG_SYNTAX", value: "a=b,=c" });
  });

  test("cannot hold keys that would read back as something else", () => {
    for (const key of ["", "a=b", "a,b"]) expect(() => formatOptionString({ [key]: "x" })).toThrow(TypeError);
  });

  test("of any options reads back as them", () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !/[=,]/.test(text));
    const options = fc.dictionary(
      fc.oneof(fc.constant("fsdriver"), key),
      fc.string({ unit: fc.constantFrom("a", "=", ",", "ö", "\0", " ") }),
      { maxKeys: 5 },
    );
    const syntaxes = fc.constantFrom({}, FSDEV);
    fc.assert(
      fc.property(options, syntaxes, (given, syntax) => {
        expect(parseOptionString(formatOptionString(given, syntax), syntax)).toEqual({ ...given });
      }),
    );
  });

  test("of any text is either read or refused by a ConfigError", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "=", ",", "on") }), (text) => {
        try {
          const options = parseOptionString(text, FSDEV);
          expect(parseOptionString(formatOptionString(options, FSDEV), FSDEV)).toEqual(options);
        } catch (error) {
          expect(isConfigError(error)).toBe(true);
        }
      }),
    );
  });
});
