import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("corpus.txt", import.meta.url));

/** One conversation: the messages that were sent, in order. */
export type Sequence = readonly Uint8Array[];

/** The kept conversations: each showed, when it was found, an answer that none before it had. */
export function readCorpus(): Sequence[] {
  return readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").map((text) => Uint8Array.from(Buffer.from(text, "base64"))));
}

/** Adds a conversation unless it is long: short ones say as much, and are mutated faster. False when it is left out. */
export function keep(sequence: Sequence): boolean {
  const length = sequence.reduce((sum, message) => sum + message.length, 0);
  if (length > LONGEST_KEPT) return false;
  appendFileSync(FILE, `${sequence.map((message) => Buffer.from(message).toString("base64")).join(" ")}\n`);
  return true;
}

const LONGEST_KEPT = 1000;
