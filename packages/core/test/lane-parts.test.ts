import fc from "fast-check";
import { expect, test } from "vitest";
import { createLaneLogger } from "../src/lane/lane-logger.ts";
import { laneExecArgv } from "../src/lane/process-lane.ts";
import { sessionIds } from "../src/lane/transport-host.ts";

test("a lane inherits how modules are found, and neither inspectors nor scripts", () => {
  expect(
    laneExecArgv([
      "--conditions=@ninefold/source",
      "-C",
      "other",
      "--inspect-brk=9229",
      "--import",
      "./hooks.mjs",
      "--test",
      "-e",
      "1",
      "--require=./r.cjs",
      "-C",
    ]),
  ).toEqual(["--conditions=@ninefold/source", "-C", "other", "--import", "./hooks.mjs", "--require=./r.cjs"]);
});

test("a lane's logger writes its level and above, with fields that can cross", () => {
  const lines: unknown[] = [];
  const log = createLaneLogger("warn", (level, message, fields) => lines.push([level, message, fields]), {
    a: 1,
  });
  log.info("not written");
  const cause = new Error("inner");
  const error = Object.assign(new Error("outer", { cause }), { code: "EIO" });
  log.child({ b: 2 }).error("written", { error, live: () => 1, map: new Map([[1, 2n]]) });
  expect(lines).toMatchObject([
    [
      "error",
      "written",
      { a: 1, b: 2, error: { message: "outer", code: "EIO", cause: { message: "inner" } } },
    ],
  ]);
  expect(() => structuredClone(lines)).not.toThrow();
});

test("any fields can cross after the logger", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }), (value) => {
      createLaneLogger("trace", (_level, _message, fields) => structuredClone(fields)).info("x", { value });
    }),
  );
});

test("session ids differ within a lane and between lanes", () => {
  const [first, second] = [sessionIds(), sessionIds()];
  const ids = [first(), first(), second(), second()];
  expect(new Set(ids).size).toBe(4);
});
