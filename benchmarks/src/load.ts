import { errnoName } from "@ninefold/native";
import type { Stream } from "./stream.ts";

/** A prebuilt request, the type of its reply and the least that this has in bytes. */
export interface Step {
  readonly request: Uint8Array;
  readonly reply: number;
  readonly least: number;
}

const RLERROR = 7;
const HEADER_SIZE = 7;
/** Replies up to this size are looked at whole; of longer ones the header. */
const LOOKED_AT = 64;

/**
 * How many times a second the steps are gone through, with as many of them under way as there are lanes: lane n uses
 * tag n and goes through its steps one after the other. Only system calls, copies of prebuilt messages and three checks
 * of each reply. Throws at the first reply that is not as expected.
 */
export function drive(stream: Stream, lanes: readonly (readonly Step[])[], milliseconds: number): number {
  const at = lanes.map(() => 0);
  const begin = performance.now();
  const deadline = begin + milliseconds;
  let underWay = lanes.length;
  let finished = 0;
  let skip = 0;
  let now = begin;
  let out = 0;
  for (const [first] of lanes) {
    if (first === undefined) throw new TypeError("a lane without steps");
    stream.outgoing.set(first.request, out);
    out += first.request.length;
  }
  stream.flush(out);
  while (underWay > 0 || skip > 0) {
    stream.fill();
    out = 0;
    for (;;) {
      const have = stream.end - stream.start;
      if (skip > 0) {
        const count = Math.min(skip, have);
        stream.start += count;
        skip -= count;
        if (skip > 0) break;
        continue;
      }
      if (have < HEADER_SIZE) break;
      const size = stream.incoming.readUInt32LE(stream.start);
      if (have < size && have < LOOKED_AT) break;
      const lane = stream.incoming.readUInt16LE(stream.start + 5);
      const steps = lanes[lane] as readonly Step[];
      const step = steps[at[lane] as number] as Step;
      if (stream.incoming[stream.start + 4] !== step.reply || size < step.least) refuse(stream, size, step);
      skip = size;
      let next = (at[lane] as number) + 1;
      if (next === steps.length) {
        next = 0;
        if (now < deadline) finished++;
        else {
          underWay--;
          continue;
        }
      }
      at[lane] = next;
      const { request } = steps[next] as Step;
      stream.outgoing.set(request, out);
      out += request.length;
    }
    if (out > 0) stream.flush(out);
    now = performance.now();
  }
  return (finished / milliseconds) * 1000;
}

function refuse(stream: Stream, size: number, step: Step): never {
  const type = stream.incoming[stream.start + 4];
  if (type === RLERROR) {
    throw new Error(errnoName(stream.incoming.readUInt32LE(stream.start + HEADER_SIZE)));
  }
  throw new Error(`type ${type} of ${size} bytes where ${step.reply} of ${step.least} is due`);
}
