import { parseConfig } from "@ninefold/core";
import { expect, test } from "vitest";

const fsdevOf = (options: Record<string, unknown>) =>
  parseConfig({ fsdevs: { fs0: { driver: "local", path: "/srv", ...options } } }, { baseDirectory: "/" })
    .fsdevs[0];

test("throttling.* is a layer right around the driver, whatever other layers there are", () => {
  const expected = [
    { layer: "throttle", options: { "bps-total": "10M", "iops-size": 4096 } },
    { layer: "readonly", options: {} },
  ];
  const dotted = { "throttling.bps-total": "10M", "throttling.iops-size": 4096 };
  expect(fsdevOf({ ...dotted, layers: ["readonly"] })).toEqual({
    id: "fs0",
    driver: "local",
    options: { path: "/srv" },
    layers: expected,
  });
  const nested = { throttling: { "bps-total": "10M", "iops-size": 4096 } };
  expect(fsdevOf({ ...nested, layers: ["readonly"] })?.layers).toEqual(expected);
});

test.each([
  ["5", 5],
  [0, 0],
  ["4294967295", 4294967295],
])("max_xattr=%s limits each session", (given, xattrFids) => {
  expect(fsdevOf({ max_xattr: given })?.limits).toEqual({ xattrFids });
});

test.each([
  [
    { max_xattr: "4294967296" },
    'fsdevs.fs0: key "max_xattr" is "4294967296"; must be a whole number from 0 to 4294967295',
  ],
  [{ throttling: "10M" }, 'fsdevs.fs0: key "throttling" is "10M"; must be a map such as { bps-total: 10M }'],
])("%j is refused", (options, message) => {
  expect(() => fsdevOf(options)).toThrow(message);
});
