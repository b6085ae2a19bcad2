import { close } from "@ninefold/native";
import type { LocalNode } from "../local-node.ts";
import { forgetNode } from "./node-life.ts";
import { NodeRing } from "./node-ring.ts";

/** Nodes that nobody holds any more but whose descriptor may soon be wanted again. */
const MOST_IDLE = 1024;
const SWEEP_MS = 1000;

/**
 * The descriptors of a tree: how many there may be, and which of them are closed to make room. Files that are open,
 * locks, nodes that are at work or could not be found again keep theirs; the others are in a ring, and the hand of a
 * clock passes those that were used since it came by.
 *
 * A node that nobody holds is kept for one or two seconds: guests that do not cache names ask for the same folders
 * again and again. Not for longer, because a descriptor also keeps a file that the host has deleted, and its mount.
 */
export class Descriptors {
  /** Most that there may be. */
  readonly limit: number;
  #used = 0;
  #idleCount = 0;
  #sweeps = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #active = new NodeRing();
  readonly #idle = new NodeRing();

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Counts one more descriptor, and closes others when that is too many. False, and not counted: all are in use. */
  take(): boolean {
    this.#used++;
    while (this.#used > this.limit) {
      if (!this.#closeOne()) {
        this.#used--;
        return false;
      }
    }
    return true;
  }

  /** One that was counted is closed. */
  give(): void {
    this.#used--;
  }

  /** Closes some because the process has too many, by whomever, but not `kept`'s. False when there is none to close. */
  shrink(kept?: LocalNode): boolean {
    // Its number may be in use further up, and would soon be another file's.
    kept?.hold();
    const least = Math.floor(this.#used * 0.75);
    let closed = false;
    while (this.#used > least && this.#closeOne()) closed = true;
    kept?.letGo();
    return closed;
  }

  /** The node's descriptor may be closed from now on. */
  offer(node: LocalNode): void {
    this.#active.push(node);
  }

  /** The node's descriptor must not be closed. */
  withdraw(node: LocalNode): void {
    if (node.ring === this.#idle) this.#idleCount--;
    node.ring?.remove(node);
  }

  isIdle(node: LocalNode): boolean {
    return node.ring === this.#idle;
  }

  /** Nobody holds the node any more: it may be forgotten, but need not be at once. */
  offerIdle(node: LocalNode): void {
    node.idleSince = this.#sweeps;
    this.#idle.push(node);
    this.#idleCount++;
    const oldest = this.#idle.first;
    if (this.#idleCount > MOST_IDLE && oldest !== undefined) forgetNode(oldest);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#sweeps++;
    let oldest = this.#idle.first;
    while (oldest !== undefined && oldest.idleSince < this.#sweeps - 1) {
      forgetNode(oldest);
      oldest = this.#idle.first;
    }
    if (oldest === undefined) this.stop();
  }

  #closeOne(): boolean {
    const idle = this.#idle.first;
    if (idle !== undefined) {
      forgetNode(idle);
      return true;
    }
    let node = this.#active.first;
    while (node?.isTouched === true) {
      node.isTouched = false;
      this.#active.turn();
      node = this.#active.first;
    }
    if (node === undefined) return false;
    this.#active.remove(node);
    close(node.fd);
    node.fd = -1;
    this.#used--;
    return true;
  }
}
