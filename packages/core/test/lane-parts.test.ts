import fc from "fast-check";
import { expect, test } from "vitest";
import type { FromLane } from "../src/lane/lane-channel.ts";
import { createLaneLogger } from "../src/lane/lane-logger.ts";
import { LaneOutbox } from "../src/lane/lane-outbox.ts";
import { narrowerLimits } from "../src/lane/narrower-limits.ts";
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
  const log = createLaneLogger(
    () => "warn",
    (level, message, fields) => lines.push([level, message, fields]),
    {
      a: 1,
    },
  );
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
      createLaneLogger(
        () => "trace",
        (_level, _message, fields) => structuredClone(fields),
      ).info("x", { value });
    }),
  );
});

test("a slow kernel costs a lane no memory: lines and session events are dropped, devices' events never", async () => {
  const written: { readonly message: FromLane; readonly done: () => void }[] = [];
  const send = ((message: FromLane, done: () => void) => written.push({ message, done })) as never;
  const outbox = new LaneOutbox({ connected: true, send });
  const line: FromLane = { kind: "log", level: "info", message: "x", fields: {} };
  const event = { device: "d", fsdev: "f", peer: { description: "p" } };
  for (let i = 0; i < 10_005; i++) outbox.send(line);
  outbox.send({
    kind: "event",
    event: { name: "session-trace", event: { ...event, session: "s", line: "l" } },
  });
  outbox.send({ kind: "event", event: { name: "connect", event } });
  expect(written).toHaveLength(10_001);
  const flushed = outbox.flushed();
  for (const { done } of written.slice()) done();
  expect(written.at(-1)?.message).toMatchObject({ kind: "log", level: "warn", fields: { dropped: 6 } });
  await flushed;
  written.at(-1)?.done();
  await outbox.flushed();
  new LaneOutbox({ connected: false, send }).send(line);
  expect(written).toHaveLength(10_002);
});

test("session ids differ within a lane and between lanes", () => {
  const [first, second] = [sessionIds(), sessionIds()];
  const ids = [first(), first(), second(), second()];
  expect(new Set(ids).size).toBe(4);
});

test("of two limits the narrower counts, and 0 is none", () => {
  const own = { fids: 100, openFiles: 0, xattrFids: 5 };
  expect(narrowerLimits(own)).toEqual(own);
  expect(narrowerLimits(own, { openFiles: 7, xattrFids: 9 })).toEqual({
    fids: 100,
    openFiles: 7,
    xattrFids: 5,
  });
  expect(narrowerLimits({ openFiles: 3 }, { openFiles: 0 })).toEqual({ openFiles: 3 });
  expect(narrowerLimits({ openFiles: 3 }, { openFiles: 2 })).toEqual({ openFiles: 2 });
  expect(narrowerLimits({}, { openFiles: 0 })).toEqual({ openFiles: 0 });
});
