import type { EventChannel } from "../hypervisor/hypervisor.ts";

/** Pages that another domain may map. */
export interface Grant {
  readonly bytes: Uint8Array;
  readonly refs: readonly number[];
  close(): void;
}

/** What a front end needs of Xen: to give pages and ports to the back end's domain. */
export interface GrantingDomain {
  grant(pages: number): Grant;
  allocatePort(onEvent: () => void): EventChannel & { readonly port: number };
}
