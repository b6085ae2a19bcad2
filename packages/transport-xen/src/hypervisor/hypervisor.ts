/** Pages of another domain, mapped one after the other. */
export interface GrantedPages {
  readonly bytes: Uint8Array;
  /** Machine address of `bytes`; 0 when it has none that is known. */
  readonly address: number;
  /**
   * Unmaps them: `bytes` becomes empty, and the other domain can go. No system call that was given an address in it may
   * still be under way. Idempotent.
   */
  close(): void;
}

/** One event channel, bound to another domain's. */
export interface EventChannel {
  /** Sends an event. Several that were not yet seen are one. */
  notify(): void;
  /** No event follows. Idempotent. */
  close(): void;
}

/** What a back end needs of Xen beside xenstore. Throws HypervisorError. */
export interface Hypervisor {
  /** Maps pages that `domid` has granted to this domain, for reading and writing. */
  mapGrants(domid: number, refs: readonly number[]): GrantedPages;
  /**
   * Binds to a port that `domid` has allocated for this domain. `onEvent` is called in the loop, once for the events
   * that have come since it was called before; a first call may come without any event. EBUSY: the port is not free, as
   * when another back end has bound to it.
   */
  bindEventChannel(domid: number, remotePort: number, onEvent: () => void): EventChannel;
  /** Closes all that was mapped and bound. Idempotent. */
  close(): void;
}

/** Xen, or the kernel's devices to it, refused. `code` is an errno's name. */
export class HypervisorError extends Error {
  override readonly name: string = "HypervisorError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
