/**
 * What has to be known of a split queue, beside the guest's memory, to go on with it: in this process or in another
 * one. Plain data.
 */
export interface QueueState {
  /** The avail ring's index that is taken next, modulo 2^16. */
  readonly nextAvail: number;
  /** The used ring's index that is written next, modulo 2^16. */
  readonly nextUsed: number;
  /** Chains that were taken and not answered: their first descriptors, in the order in which they were taken. */
  readonly inFlight: readonly number[];
}
