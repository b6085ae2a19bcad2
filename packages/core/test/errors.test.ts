import {
  ConfigError,
  isConfigError,
  isPluginLoadError,
  isProtocolError,
  PluginLoadError,
  ProtocolError,
} from "@ninefold/core";
import { expect, test, vi } from "vitest";
import { decodeError, encodeError } from "../src/lane/error-data.ts";

const MISTAKE = {
  code: "ERR_CONFIG_VALUE",
  path: "fsdev fs0",
  option: "path",
  value: 5,
  problem: 'option "path" is 5',
  hint: "expected string",
} as const;

test("errors of another copy of this package are known", async () => {
  vi.resetModules();
  const other = (await import("../src/contracts/index.ts")) as typeof import("@ninefold/core/contracts");
  expect(other.ConfigError).not.toBe(ConfigError);
  expect(isConfigError(new other.ConfigError(MISTAKE))).toBe(true);
  expect(isPluginLoadError(new other.PluginLoadError("ERR_PLUGIN_SHAPE", "x", "y"))).toBe(true);
  expect(isProtocolError(new other.ProtocolError("ERR_9P_SIZE", "too long"))).toBe(true);
});

test.each([undefined, null, "text", new Error("x"), { code: "ERR_CONFIG_VALUE" }])(
  "%s is none of them",
  (thrown) => {
    for (const isOne of [isConfigError, isPluginLoadError, isProtocolError])
      expect(isOne(thrown)).toBe(false);
  },
);

test("a ConfigError has what programs need and reads as lines", () => {
  const error = new ConfigError(MISTAKE, [
    { code: "ERR_CONFIG_MISSING", path: "", problem: "nothing is given" },
  ]);
  const { problem: _problem, ...fields } = MISTAKE;
  expect(error).toMatchObject({ ...fields, name: "ConfigError" });
  expect(error.message).toBe('fsdev fs0: option "path" is 5; expected string\nnothing is given');
  expect(error.mistakes).toHaveLength(2);
});

test.each([
  new ConfigError(MISTAKE, [{ code: "ERR_CONFIG_KEY", path: "b", problem: "c" }]),
  new PluginLoadError("ERR_PLUGIN_API_VERSION", "@acme/x", "too new"),
])("%s crosses to another process and back", (error) => {
  const back = decodeError(structuredClone(encodeError(error)));
  expect(back).toMatchObject({ name: error.name, message: error.message, code: error.code });
  expect((back.cause as { stack: string }).stack).toContain("errors.test.ts");
});

test("a value that cannot cross to another process is told as text, and any error keeps its words", () => {
  const live = new ConfigError({ ...MISTAKE, value: () => 1 });
  expect(decodeError(structuredClone(encodeError(live)))).toMatchObject({ message: live.message });
  expect(decodeError(structuredClone(encodeError(new RangeError("off by one")))).message).toBe(
    "RangeError: off by one",
  );
  expect(decodeError(encodeError("thrown text")).message).toBe("Error: thrown text");
  expect(new ProtocolError("ERR_9P_SIZE", "m").code).toBe("ERR_9P_SIZE");
});
