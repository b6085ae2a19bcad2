/**
 * What tells `passthrough`, `none` and (in another package) the mapped models apart: how an object's owner is kept, and
 * which attributes by name a guest sees. Everything else about the host folder is the same for all.
 */
export interface SecurityModel {
  readonly name: string;
  /**
   * Whether a new object whose owner cannot be set is a failure, and so removed again; else it stays the server's.
   * An owner that the guest sets by itself (chown) is never lost without an error.
   */
  readonly ownerMustBeKept: boolean;
  /** Whether guests see the host's extended attribute of this name. */
  showsXattr(name: string): boolean;
}
