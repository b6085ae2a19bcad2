import type { CreateOptions } from "@ninefold/core/contracts";
import type { HostObject } from "../host/host-object.ts";

/** 0 and more, or a negative errno; at once where that is quick. */
export type Outcome = number | Promise<number>;

/**
 * What tells `passthrough`, `none` and (in another package) the mapped models apart: how owners and modes are kept, and
 * which attributes by name a guest sees. All else about the host folder is the same for all: it knows objects by their
 * descriptors and leaves to the model what those are to look like.
 */
export interface SecurityModel {
  readonly name: string;
  /** Permission bits that an object is made with on the host, before `settle`. */
  firstMode(options: CreateOptions): number;
  /** Gives an object that was just made its owner and mode. After a negative errno it is removed again. */
  settle(object: HostObject, options: CreateOptions): Promise<number>;
  /** -1 leaves the one or the other; with both it is a change all the same (chown(2)). */
  setOwner(object: HostObject, uid: number, gid: number): Outcome;
  setMode(object: HostObject, mode: number): Outcome;
  /** Whether guests see the host's extended attribute of this name. */
  showsXattr(name: string): boolean;
}
