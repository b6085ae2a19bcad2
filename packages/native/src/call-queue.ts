import { type CallArea, makeCallAreas } from "./call-area.ts";
import { assertSupported, cheapCallsInFlight } from "./platform.ts";
import type { Settle } from "./syscalls.ts";

/** Puts the arguments into `area` and starts one `.async` call with `settle`; or answers a negative errno. */
type Start = (area: CallArea, settle: Settle) => number;

interface Waiting {
  readonly start: Start;
  readonly resolve: (result: number) => void;
  readonly reject: (error: unknown) => void;
}

/** From here on the calls of the queue that have begun are cut off its front. */
const MOST_BEGUN = 1024;

let free: CallArea[] | undefined;
let waiting: Waiting[] = [];
let nextWaiting = 0;

/** Whether the call is now in flight and so keeps the area. */
function begin(area: CallArea, call: Waiting): boolean {
  const settle: Settle = (error, result) => {
    if (error === null || error === undefined) {
      call.resolve(result);
    } else {
      call.reject(error);
    }
    leave(area);
  };
  try {
    const refused = call.start(area, settle);
    if (refused < 0) {
      call.resolve(refused);
    }
    return refused >= 0;
  } catch (error) {
    call.reject(error);
    return false;
  }
}

function leave(area: CallArea): void {
  let next = waiting[nextWaiting];
  while (next !== undefined) {
    nextWaiting++;
    if (nextWaiting >= MOST_BEGUN) {
      waiting = waiting.slice(nextWaiting);
      nextWaiting = 0;
    }
    if (begin(area, next)) {
      return;
    }
    next = waiting[nextWaiting];
  }
  waiting = [];
  nextWaiting = 0;
  free?.push(area);
}

function runInPool(start: Start): Promise<number> {
  return new Promise((resolve, reject) => {
    assertSupported();
    free ??= makeCallAreas(cheapCallsInFlight());
    const call = { start, resolve, reject };
    const area = free.pop();
    if (area === undefined) {
      waiting.push(call);
    } else if (!begin(area, call)) {
      free.push(area);
    }
  });
}

// Runs one call on the thread pool, in an area of its own; calls beyond the limit wait in order. The promise rejects only for wrong
// argument types. A name that cannot be encoded resolves to its negative errno.

export function withName(
  name: string,
  begin: (path: number, settle: Settle, area: CallArea) => void,
): Promise<number> {
  return runInPool((area, settle) => {
    const path = area.putName(name);
    if (path >= 0) {
      begin(path, settle, area);
    }
    return path;
  });
}

export function withNames(
  first: string,
  second: string,
  begin: (firstPath: number, secondPath: number, settle: Settle) => void,
): Promise<number> {
  return runInPool((area, settle) => {
    const firstPath = area.putName(first);
    const secondPath = area.putSecondName(second);
    const refused = Math.min(firstPath, secondPath);
    if (refused >= 0) {
      begin(firstPath, secondPath, settle);
    }
    return refused;
  });
}

export function withoutName(begin: (settle: Settle) => void): Promise<number> {
  return runInPool((_area, settle) => {
    begin(settle);
    return 0;
  });
}
