import { ERRNO } from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { InFlight } from "./in-flight.ts";

/** Whether a message may be begun: not while the conversation is ending, and not while its device is somebody else's. */
export class Admission {
  readonly #inFlight: InFlight;
  readonly #requestsInFlight: number;
  #endings = 0;
  #device: "ours" | "revoked" | "readmitted" = "ours";

  /** `requestsInFlight` is how many requests may be under way at once. */
  constructor(inFlight: InFlight, requestsInFlight: number) {
    this.#inFlight = inFlight;
    this.#requestsInFlight = requestsInFlight;
  }

  /** A Tversion or reset begins to wait for what is under way; each is followed by an `ended`. */
  ending(): void {
    this.#endings++;
  }

  ended(): void {
    this.#endings--;
  }

  get isEnding(): boolean {
    return this.#endings > 0;
  }

  /** The device was given to somebody else. */
  revoke(): void {
    this.#device = "revoked";
  }

  /** It came back: the next Tversion, and nothing else, is let in. */
  readmit(): void {
    if (this.#device === "revoked") this.#device = "readmitted";
  }

  /** A conversation begins. */
  begin(): void {
    if (this.#device === "readmitted") this.#device = "ours";
  }

  /** Why a message may not be begun; 0 when it may. */
  refusal(type: number, tag: number): number {
    const { size } = this.#inFlight;
    if (this.#device !== "ours" && !this.#isLetThrough(type)) return ERRNO.ENODEV;
    if (this.#endings > 0 && this.#device === "ours") return ERRNO.EBUSY;
    if (size === 0) return 0;
    if (this.#inFlight.get(tag) !== undefined) return ERRNO.EINVAL;
    // Tflush takes no more than the tag that it names has taken already, and Tversion ends all the others.
    const counts = type !== TFLUSH && type !== TVERSION;
    return counts && size >= this.#requestsInFlight ? ERRNO.EAGAIN : 0;
  }

  /** A flush of what is still under way, which will be answered, and the Tversion that begins anew. */
  #isLetThrough(type: number): boolean {
    if (type === TFLUSH) return this.#inFlight.size > 0;
    return type === TVERSION && this.#device === "readmitted" && this.#endings === 0;
  }
}

const TFLUSH = MESSAGES.Tflush[0];
const TVERSION = MESSAGES.Tversion[0];
