const BRAND = Symbol.for("@ninefold/protocol-error");

/**
 * The peer broke the rules of a protocol, so that the conversation, or the ring, has to end. No guest sees it as an
 * errno; it is logged and told as the reason of a disconnect.
 */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  /** What programs compare, such as `"ERR_9P_MESSAGE_SIZE"`. It never changes its meaning. */
  readonly code: `ERR_${string}`;

  constructor(code: `ERR_${string}`, message: string, options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
  }
}

/** True for a ProtocolError of any copy of this package. */
export function isProtocolError(thrown: unknown): thrown is ProtocolError {
  return typeof thrown === "object" && thrown !== null && BRAND in thrown;
}
