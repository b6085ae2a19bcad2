import { ProtocolError } from "@ninefold/core/contracts";

/** The error of bytes that are no message, or of fields that do not fit in one. */
export function malformed(message: string): ProtocolError {
  return new ProtocolError("ERR_9P_MALFORMED", message);
}
