/**
 * What a guest set of an object, as a mapped model keeps it beside the host's own attributes. A field that was never
 * set is absent, and the host's value counts for it, one by one.
 */
export interface Metadata {
  /** 0 to 2^32 - 1. */
  readonly uid?: number;
  readonly gid?: number;
  /** A whole st_mode, with the file type. */
  readonly mode?: number;
  /**
   * glibc's dev_t. For majors below 4096 that is what `encodeDevice` of core's contracts makes, and Linux has no larger
   * ones. From 2^53 on it is not exact.
   */
  readonly rdev?: number;
}

/** The same with what `changes` says over it. */
export function withChanges(metadata: Metadata, changes: Metadata): Metadata {
  return { ...metadata, ...changes };
}
