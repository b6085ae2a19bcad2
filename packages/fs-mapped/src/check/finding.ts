/** What a crash has left in a mapped tree, or somebody has broken. */
export interface Finding {
  readonly kind: FindingKind;
  /** The object that it is about, from the tree's root: `etc/passwd`; "" is the root. */
  readonly path: string;
  /** A sentence for people. */
  readonly detail: string;
  /** It is as it should be now. */
  readonly isMended: boolean;
}

export type FindingKind =
  /** A change of owner and group that set one of them (mapped-xattr). Mended by setting the other. */
  | "half-owner"
  /** An object that never got its name. Mended by removing it: nobody has seen it. */
  | "staged-object"
  /** Metadata of nothing (mapped-file). Mended by removing them. */
  | "orphaned-metadata"
  /** A rename that replaced metadata and not the object, or did not clear up (mapped-file). Mended to before or after it. */
  | "half-rename"
  /** Ends of lines that a change has left behind the metadata (mapped-file). They mean nothing, and are cut off. */
  | "long-metadata"
  /** What is no metadata file where one should be, or cannot be read. Left as it is. */
  | "strange-metadata";
