import type { HostNode } from "@ninefold/core/contracts";

/** Longer than a tick of any file system's clock on this machine. */
const TICK_MS = 50;

/**
 * Whether what is read now can be known again by its time of change alone: another change within the same tick of the
 * clock would not be seen, so the time must be past. File systems of other machines have clocks of their own.
 */
export function canBeKnownAgain(node: HostNode, ctimeSec: number, ctimeNsec: number): boolean {
  return node.isLocal && Date.now() - (ctimeSec * 1000 + ctimeNsec / 1e6) > TICK_MS;
}
