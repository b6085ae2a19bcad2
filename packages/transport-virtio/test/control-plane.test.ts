import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryTable, ringAddresses } from "../src/testing/index.ts";
import { deviceOffer } from "../src/transport.ts";
import { control } from "../src/vhost-user/control.ts";
import {
  type ControlState,
  descriptorsOf,
  INITIAL_STATE,
  isStarted,
  orphans,
} from "../src/vhost-user/control-state.ts";
import { encodeState, encodeU64, type Message, REQUEST } from "../src/vhost-user/message.ts";

const OFFER = deviceOffer("share");
const FEATURES = { low: 0x7000_0001, high: 1 };
const ADDRESSES = { descriptors: 0x7000_0000_0000, avail: 0x7000_0000_1000, used: 0x7000_0000_2000 };
const REGION = { guestAddress: 0, size: 0x10000, userAddress: 0x7000_0000_0000, fileOffset: 0 };

function message(
  request: number,
  payload: Uint8Array = new Uint8Array(0),
  fds: readonly number[] = [],
): Message {
  return {
    request,
    flags: 1,
    payload: new DataView(payload.buffer, payload.byteOffset, payload.length),
    fds,
  };
}

function after(state: ControlState, ...messages: readonly Message[]): ControlState {
  return messages.reduce((last, next) => control(last, next, OFFER).state, state);
}

function config(offset: number, size: number, room = size): Message {
  const payload = new Uint8Array(12 + room);
  const view = new DataView(payload.buffer);
  view.setUint32(0, offset, true);
  view.setUint32(4, size, true);
  view.setUint32(8, 1, true);
  return message(REQUEST.GET_CONFIG, payload);
}

const set = {
  features: message(REQUEST.SET_FEATURES, encodeU64(FEATURES.low, FEATURES.high)),
  memory: message(REQUEST.SET_MEM_TABLE, ...memoryTable([{ ...REGION, fd: 10 }])),
  size: message(REQUEST.SET_VRING_NUM, encodeState(0, 128)),
  base: message(REQUEST.SET_VRING_BASE, encodeState(0, 0)),
  addresses: message(REQUEST.SET_VRING_ADDR, ringAddresses(ADDRESSES)),
  kick: message(REQUEST.SET_VRING_KICK, encodeU64(0, 0), [11]),
  call: message(REQUEST.SET_VRING_CALL, encodeU64(0, 0), [12]),
  enable: message(REQUEST.SET_VRING_ENABLE, encodeState(0, 1)),
};

test("the features that were proven with QEMU and User-Mode Linux are offered", () => {
  const features = control(INITIAL_STATE, message(REQUEST.GET_FEATURES), OFFER).reply as Uint8Array;
  expect(new DataView(features.buffer).getBigUint64(0, true)).toBe(0x1_7000_0001n);
  const protocol = control(INITIAL_STATE, message(REQUEST.GET_PROTOCOL_FEATURES), OFFER).reply;
  expect(protocol).toEqual(encodeU64(0x208, 0));
});

test("a ring is served from the moment that everything is known, in QEMU's order and in crosvm's", () => {
  const { features, memory, size, base, addresses, kick, call, enable } = set;
  const qemu = [features, memory, size, base, addresses, kick, call, enable];
  const only = message(REQUEST.SET_FEATURES, encodeU64(1 << 30, 0));
  const crosvm = [only, features, memory, size, addresses, base, call, kick, enable];
  for (const messages of [qemu, crosvm]) {
    expect(isStarted(after(INITIAL_STATE, ...messages.slice(0, -1)))).toBe(false);
    expect(isStarted(after(INITIAL_STATE, ...messages))).toBe(true);
  }
});

test("without protocol features a ring is enabled from the start", () => {
  const plain = message(REQUEST.SET_FEATURES, encodeU64(1, 1));
  const { memory, size, addresses, kick } = set;
  expect(isStarted(after(INITIAL_STATE, plain, memory, size, addresses, kick))).toBe(true);
});

test("a ring whose base is asked for is stopped, and starts again with a new kick", () => {
  const started = after(INITIAL_STATE, ...Object.values(set));
  const outcome = control(started, message(REQUEST.GET_VRING_BASE, encodeState(0, 0)), OFFER);
  expect(outcome.reply).toBe("ring-base");
  expect(isStarted(outcome.state)).toBe(false);
  expect(orphans(started, [], outcome.state)).toEqual([11]);
  expect(isStarted(after(outcome.state, message(REQUEST.SET_VRING_KICK, encodeU64(0, 0), [13])))).toBe(true);
});

test("what a new message replaces is an orphan, and what a refused one brought too", () => {
  const started = after(INITIAL_STATE, ...Object.values(set));
  expect([...descriptorsOf(started)].sort()).toEqual([10, 11, 12]);
  const table = message(REQUEST.SET_MEM_TABLE, ...memoryTable([{ ...REGION, fd: 20 }]));
  expect(orphans(started, [20], after(started, table))).toEqual([10]);
  expect(orphans(started, [30, 31], started)).toEqual([30, 31]);
  expect(orphans(started, [], after(started, message(REQUEST.RESET_OWNER)))).toEqual([11, 12]);
});

test("any part of the configuration space can be read; behind its end are zeros", () => {
  const whole = [5, 0, ...new TextEncoder().encode("share"), 0, 0, 0];
  for (const [offset, size] of [
    [0, 2],
    [2, 5],
    [0, 7],
    [0, 10],
    [6, 4],
    [7, 3],
    [1, 1],
    [0, 0],
  ] as const) {
    const reply = control(INITIAL_STATE, config(offset, size), OFFER).reply as Uint8Array;
    expect([...reply.subarray(12)]).toEqual(whole.slice(offset, offset + size));
    expect([...reply.subarray(0, 12)]).toEqual([offset, 0, 0, 0, size, 0, 0, 0, 1, 0, 0, 0]);
  }
  const far = control(INITIAL_STATE, config(0xffff_fff0, 64), OFFER).reply as Uint8Array;
  expect([...far.subarray(12)]).toEqual(new Array(64).fill(0));
  const short = control(INITIAL_STATE, config(0, 7, 0), OFFER).reply as Uint8Array;
  expect(short.length).toBe(19);
});

test.each<[string, string, Message]>([
  ["a request that nobody knows", "ERR_VHOST_USER_REQUEST", message(99)],
  [
    "setting the configuration space",
    "ERR_VHOST_USER_REQUEST",
    message(REQUEST.SET_CONFIG, new Uint8Array(14)),
  ],
  [
    "a payload that is too short",
    "ERR_VHOST_USER_PAYLOAD",
    message(REQUEST.SET_VRING_NUM, new Uint8Array(4)),
  ],
  ["a payload that is too long", "ERR_VHOST_USER_PAYLOAD", message(REQUEST.SET_OWNER, new Uint8Array(1))],
  [
    "a memory table that is shorter than it says",
    "ERR_VHOST_USER_PAYLOAD",
    message(REQUEST.SET_MEM_TABLE, encodeState(2, 0), [1, 2]),
  ],
  [
    "a memory table with too few descriptors",
    "ERR_VHOST_USER_VALUE",
    message(REQUEST.SET_MEM_TABLE, memoryTable([{ ...REGION, fd: 1 }])[0], []),
  ],
  [
    "a memory table of nine regions",
    "ERR_VHOST_USER_VALUE",
    message(REQUEST.SET_MEM_TABLE, ...memoryTable(new Array(9).fill({ ...REGION, fd: 1 }))),
  ],
  ["reading more configuration than a message holds", "ERR_VHOST_USER_PAYLOAD", config(0, 5000, 0)],
  ["features that were not offered", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_FEATURES, encodeU64(2, 1))],
  ["a packed ring", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_FEATURES, encodeU64(1, 4))],
  [
    "protocol features that were not offered",
    "ERR_VHOST_USER_VALUE",
    message(REQUEST.SET_PROTOCOL_FEATURES, encodeU64(1, 0)),
  ],
  ["a ring of 100 descriptors", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_VRING_NUM, encodeState(0, 100))],
  ["a second virtqueue", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_VRING_NUM, encodeState(1, 128))],
  ["a base behind 2^16", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_VRING_BASE, encodeState(0, 0x10000))],
  ["a kick that never comes", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_VRING_KICK, encodeU64(0x100, 0))],
  ["a kick without its descriptor", "ERR_VHOST_USER_VALUE", message(REQUEST.SET_VRING_KICK, encodeU64(0, 0))],
  [
    "two descriptors for one call",
    "ERR_VHOST_USER_VALUE",
    message(REQUEST.SET_VRING_CALL, encodeU64(0, 0), [1, 2]),
  ],
  [
    "a ring that is half enabled",
    "ERR_VHOST_USER_VALUE",
    message(REQUEST.SET_VRING_ENABLE, encodeState(0, 2)),
  ],
])("%s is refused", (_, code, wrong) => {
  expect(() => control(INITIAL_STATE, wrong, OFFER)).toThrow(expect.objectContaining({ code }));
});

test("no message makes the control plane throw anything but a refusal, change what it was given, or lose a descriptor", () => {
  const requests = fc.oneof(fc.constantFrom(...Object.values(REQUEST)), fc.nat({ max: 64 }));
  const payloads = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(...Object.values(set).map(({ payload }) => new Uint8Array(payload.buffer))),
  );
  const messages = fc.array(
    fc.tuple(requests, payloads, fc.array(fc.integer({ min: 100, max: 200 }), { maxLength: 9 })),
  );
  fc.assert(
    fc.property(messages, (list) => {
      let state: ControlState = INITIAL_STATE;
      for (const [request, payload, fds] of list) {
        const before = structuredClone(state);
        let next = state;
        try {
          next = control(state, message(request, payload, fds), OFFER).state;
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_VHOST_USER_(REQUEST|PAYLOAD|VALUE)$/);
        }
        expect(state).toEqual(before);
        const all = new Set([...descriptorsOf(state), ...fds]);
        expect(new Set([...orphans(state, fds, next), ...descriptorsOf(next)])).toEqual(all);
        state = next;
      }
    }),
  );
});
