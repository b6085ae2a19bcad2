import { describe, expect, test } from "vitest";
import { type Action, decide, type Observation, parseState } from "../src/backend/xenbus-state.ts";

const prepared: Observation = {
  exists: true,
  isOnline: true,
  backendState: 2,
  frontendState: 1,
  written: 2,
  hasSeenFrontend: true,
  isServing: false,
  hasFailed: false,
};
const serving: Observation = { ...prepared, backendState: 4, frontendState: 4, written: 4, isServing: true };

describe("what a back end does next", () => {
  test.each<[string, Observation, Action]>([
    ["a new device", { ...prepared, backendState: 1, written: undefined }, "prepare"],
    ["a front end that thinks", prepared, "wait"],
    ["another device in the place of a prepared one", { ...prepared, backendState: 1 }, "prepare"],
    ["a front end that is ready", { ...prepared, frontendState: 3 }, "connect"],
    ["a front end that is served", serving, "wait"],
    ["one that has not yet said so", { ...serving, frontendState: 3 }, "wait"],
    ["one whose server has died", { ...serving, isServing: false, written: undefined }, "connect"],
    [
      "the same, closed by its toolstack",
      { ...serving, isServing: false, backendState: 6, written: undefined },
      "wait",
    ],
    ["a guest that shuts down", { ...serving, frontendState: 5 }, "closing"],
    [
      "the same, done",
      { ...serving, frontendState: 5, backendState: 5, isServing: false, written: 5 },
      "wait",
    ],
    [
      "a guest that has shut down",
      { ...serving, frontendState: 6, backendState: 5, isServing: false, written: 5 },
      "close",
    ],
    ["a driver that was unbound", { ...serving, frontendState: 6 }, "close"],
    [
      "a closed device",
      { ...serving, frontendState: 6, backendState: 6, isServing: false, written: 6 },
      "wait",
    ],
    ["a destroyed guest", { ...serving, frontendState: undefined }, "close"],
    ["a toolstack's state 5", { ...serving, backendState: 5 }, "close"],
    ["a toolstack's online 0", { ...serving, isOnline: false }, "close"],
    ["the same, closed", { ...serving, isOnline: false, isServing: false, backendState: 6 }, "wait"],
    [
      "state 5 by a toolstack after our 6",
      { ...serving, isServing: false, backendState: 5, written: 6 },
      "close",
    ],
    [
      "a removed device",
      { ...serving, exists: false, backendState: undefined, frontendState: undefined },
      "vanish",
    ],
    ["the same, let go", { ...serving, exists: false, backendState: undefined, isServing: false }, "wait"],
    ["a guest that began anew", { ...serving, frontendState: 1 }, "prepare"],
    [
      "a front end after our failure",
      { ...serving, isServing: false, hasFailed: true, backendState: 6, written: 6 },
      "wait",
    ],
    ["the same, begun anew", { ...prepared, hasFailed: true, backendState: 6, written: 6 }, "prepare"],
    [
      "a front end that is not there yet",
      { ...prepared, frontendState: undefined, hasSeenFrontend: false },
      "wait",
    ],
    ["a state that nobody knows", { ...serving, frontendState: 8 }, "wait"],
  ])("%s", (_, observation, action) => expect(decide(observation)).toBe(action));

  test("a state is a number, whatever a guest writes", () => {
    expect([undefined, "", "x", "4", "-1", "999", "4 "].map(parseState)).toEqual([
      undefined,
      0,
      0,
      4,
      0,
      0,
      0,
    ]);
  });
});
