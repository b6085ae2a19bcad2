import type { EventSource } from "@ninefold/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EventHub } from "../src/events/event-hub.ts";
import { type LoggedLine, recordingLogger } from "./fixtures/harness.ts";

interface Events {
  came: (event: { readonly who: string }) => void;
  went: (event: { readonly who: string }) => void;
}

function hubWithLog(): { hub: EventHub<Events>; source: EventSource<Events>; log: LoggedLine[] } {
  const log: LoggedLine[] = [];
  const hub = new EventHub<Events>(recordingLogger(log));
  return { hub, source: hub.source, log };
}

test("listeners are called in the order in which they were added", () => {
  const { hub, source } = hubWithLog();
  const calls: string[] = [];
  source.on("came", ({ who }) => calls.push(`first ${who}`));
  source.once("came", ({ who }) => calls.push(`once ${who}`));
  source.on("came", ({ who }) => calls.push(`last ${who}`));
  hub.emit("came", { who: "a" });
  hub.emit("came", { who: "b" });
  expect(calls).toEqual(["first a", "once a", "last a", "first b", "last b"]);
});

test("a listener that throws, or rejects, is logged and harms nobody", async () => {
  const { hub, source, log } = hubWithLog();
  const calls: string[] = [];
  source.on("came", () => {
    throw new Error("listener's bug");
  });
  source.on("came", () => Promise.reject(new Error("later bug")));
  source.on("came", ({ who }) => calls.push(who));
  expect(() => hub.emit("came", { who: "a" })).not.toThrow();
  await Promise.resolve();
  expect(calls).toEqual(["a"]);
  expect(log.map(({ message, fields }) => [message, String(fields.error)])).toEqual([
    ['a listener of "came" failed', "Error: listener's bug"],
    ['a listener of "came" failed', "Error: later bug"],
  ]);
});

test("a listener cannot change what the next one gets", () => {
  const { hub, source, log } = hubWithLog();
  const seen: string[] = [];
  source.on("came", (event) => {
    (event as { who: string }).who = "forged";
  });
  source.on("came", ({ who }) => seen.push(who));
  hub.emit("came", { who: "a" });
  expect(seen).toEqual(["a"]);
  expect(log).toHaveLength(1);
});

test("a listener that was taken away is not called, whichever way it came", () => {
  const { hub, source } = hubWithLog();
  const calls: string[] = [];
  const listener = ({ who }: { readonly who: string }): unknown => calls.push(who);
  source.on("came", listener);
  source.once("came", listener);
  expect(source.listenerCount("came")).toBe(2);
  source.off("came", listener);
  hub.emit("came", { who: "a" });
  expect(calls).toEqual([]);
  expect(source.listenerCount("came")).toBe(0);
});

test("an event that nobody listens to costs nothing, also when it is called error", () => {
  const hub = new EventHub<{ error: (event: object) => void }>(recordingLogger([]));
  expect(() => hub.emit("error", {})).not.toThrow();
});

test("the owner knows at each moment what is listened to", () => {
  const step = fc.record({
    action: fc.constantFrom("on", "once", "off", "emit"),
    name: fc.constantFrom("came", "went"),
    listener: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const interest = new Set<string>();
      const hub = new EventHub<Events>(recordingLogger([]), (name, listened) => {
        expect(interest.has(name)).toBe(!listened);
        if (listened) interest.add(name);
        else interest.delete(name);
      });
      const listeners = [() => 0, () => 1, () => 2] as const;
      for (const { action, name, listener } of steps) {
        const own = name as keyof Events;
        if (action === "emit") hub.emit(own, { who: "a" });
        else hub.source[action as "on"](own, listeners[listener] ?? (() => 0));
        const expected = (["came", "went"] as const).filter((one) => hub.source.listenerCount(one) > 0);
        expect([...interest].sort()).toEqual(expected);
        expect([...hub.listened].sort()).toEqual(expected);
      }
    }),
  );
});
