import { encodeMessage, MESSAGES, type MessageInput, type MessageName } from "@ninefold/engine/codec";
import type { Conversation } from "./conversation.ts";
import type { Step } from "./load.ts";

type RequestName = Extract<MessageName, `T${string}`>;

/** What is measured: one request, or a few that belong together. */
export interface Row {
  readonly name: string;
  /** Least ratio to the peer at depth 1 and 32. */
  readonly bars?: readonly [number, number];
  steps(lane: number, conversation: Conversation): readonly Step[];
}

/** The folder that all rows use. */
export const FILES = {
  small: "small",
  large: "large",
  directory: "thousand",
  entries: 1000,
  largeSize: 2 * 1024 * 1024,
} as const;

export const READ = 4096;
export const LONG_READ = 64 * 1024 - 24;
export const MEBIBYTE = 1024 * 1024;
/** What an entry of a thousand takes in Rreaddir at least: qid, offset, type, and a name of ten characters. */
const ENTRY_SIZE = 13 + 8 + 1 + 2 + 10;
const RREAD_HEADER_SIZE = 11;
const OPEN_READ_WRITE = 2;

function step<Name extends RequestName>(
  lane: number,
  type: Name,
  fields: MessageInput<Name>,
  least = 7,
): Step {
  const reply = `R${type.slice(1)}` as MessageName;
  return { request: encodeMessage(type, lane, fields), reply: MESSAGES[reply][0], least };
}

/** Fids of a lane: one that stays open, one that comes and goes. */
const kept = (lane: number): number => 1 + 2 * lane;
const passing = (lane: number): number => 2 + 2 * lane;

function openKept(conversation: Conversation, lane: number, name: string, flags: number): number {
  const fid = kept(lane);
  conversation.rpc("Twalk", { fid: 0, newfid: fid, wname: [name] });
  conversation.rpc("Tlopen", { fid, flags });
  return fid;
}

/** `total` bytes as reads of what fits a message. */
function readsOf(lane: number, fid: number, total: number, msize: number): Step[] {
  const steps: Step[] = [];
  for (let offset = 0; offset < total; ) {
    const count = Math.min(total - offset, msize - 24);
    steps.push(step(lane, "Tread", { fid, offset, count }, RREAD_HEADER_SIZE + count));
    offset += count;
  }
  return steps;
}

/** A Tgetattr as Linux sends it after each Twalk. */
export function getattrStep(lane: number, fid: number): Step {
  return step(lane, "Tgetattr", { fid, request_mask: 0x17ff }, 160);
}

export const ROWS: readonly Row[] = [
  {
    name: "getattr",
    bars: [2, 3],
    steps(lane, conversation) {
      const fid = kept(lane);
      conversation.rpc("Twalk", { fid: 0, newfid: fid, wname: [FILES.small] });
      return [getattrStep(lane, fid)];
    },
  },
  {
    name: "read 4 KiB",
    bars: [2, 3],
    steps(lane, conversation) {
      const fid = openKept(conversation, lane, FILES.large, 0);
      return [step(lane, "Tread", { fid, offset: lane * READ, count: READ }, RREAD_HEADER_SIZE + READ)];
    },
  },
  {
    name: "write 4 KiB",
    bars: [2, 3],
    steps(lane, conversation) {
      const fid = openKept(conversation, lane, FILES.large, OPEN_READ_WRITE);
      return [step(lane, "Twrite", { fid, offset: lane * READ, data: new Uint8Array(READ).fill(lane) })];
    },
  },
  {
    name: "walk+clunk",
    bars: [1.5, 2],
    steps: (lane) => [
      step(lane, "Twalk", { fid: 0, newfid: passing(lane), wname: [FILES.small] }, 22),
      step(lane, "Tclunk", { fid: passing(lane) }),
    ],
  },
  {
    name: "walk+open+clunk",
    bars: [1.2, 1.5],
    steps: (lane) => [
      step(lane, "Twalk", { fid: 0, newfid: passing(lane), wname: [FILES.small] }, 22),
      step(lane, "Tlopen", { fid: passing(lane), flags: 0 }),
      step(lane, "Tclunk", { fid: passing(lane) }),
    ],
  },
  {
    name: "read 64 KiB",
    bars: [1, 1],
    steps(lane, conversation) {
      const fid = openKept(conversation, lane, FILES.large, 0);
      return readsOf(lane, fid, LONG_READ, Math.min(conversation.msize, 64 * 1024));
    },
  },
  {
    name: "read 1 MiB",
    bars: [1, 1],
    steps(lane, conversation) {
      const fid = openKept(conversation, lane, FILES.large, 0);
      return readsOf(lane, fid, MEBIBYTE, conversation.msize);
    },
  },
  {
    name: "readdir of 1000",
    bars: [1, 1],
    steps(lane, conversation) {
      const fid = openKept(conversation, lane, FILES.directory, 0);
      const all = { fid, offset: 0, count: 64 * 1024 - 24 };
      return [step(lane, "Treaddir", all, RREAD_HEADER_SIZE + FILES.entries * ENTRY_SIZE)];
    },
  },
  {
    name: "mkdir+rmdir",
    // By Tremove, for not every peer has Tunlinkat.
    steps(lane) {
      const name = `made-${lane}`;
      const fid = passing(lane);
      return [
        step(lane, "Tmkdir", { dfid: 0, name, mode: 0o755, gid: 0 }),
        step(lane, "Twalk", { fid: 0, newfid: fid, wname: [name] }, 22),
        step(lane, "Tremove", { fid }),
      ];
    },
  },
];
