/**
 * What carries messages to a server: a socket, a virtqueue, a connection in this process. Any number of requests may be
 * under way, told apart by their tags; replies come in any order.
 */
export interface Channel {
  /** Largest message in bytes that it carries, either way. */
  readonly maxMessageSize: number;
  /**
   * Sends a T-message and resolves with the R-message of its tag, which then belongs to the caller. The message must
   * stay as it is until then. `replyRoom` is how many bytes the reply may have at most. A request that was flushed may
   * never be answered, or with no bytes: it is forgotten when its tag is used again. Rejects when the channel ends.
   */
  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array>;
  /** Ends it; what is under way is answered or rejected. Does nothing the second time. */
  close(): Promise<void>;
}
