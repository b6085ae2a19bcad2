import type { Exchange } from "@ninefold/core/contracts";
import { ERRNO } from "@ninefold/core/contracts";

/** size[4] type[1] tag[2] */
const HEADER_BYTES = 7;
const RLERROR = 7;
/** size[4] Rlerror tag[2] ecode[4] */
const RLERROR_BYTES = 11;

/**
 * Answers a request that cannot be served with `Rlerror EIO`, if its tag can be read and there is room; returns the
 * reply's length, else 0: the chain is then returned without an answer, rather than never.
 */
export function refuseRequest({ request, reply }: Exchange): number {
  if (request.length < HEADER_BYTES || reply.length < RLERROR_BYTES) return 0;
  const message = new Uint8Array(RLERROR_BYTES);
  request.gather(5, message, 5, 2);
  message[0] = RLERROR_BYTES;
  message[4] = RLERROR;
  message[7] = ERRNO.EIO;
  return reply.scatter(0, message, 0, RLERROR_BYTES);
}
