/** Something that is wrong with a mapped tree's metadata. */
export interface Finding {
  readonly path: string;
  readonly problem: string;
  /** What mends it, as it is said beforehand; undefined when nobody can know. */
  readonly mend: string | undefined;
  readonly isMended: boolean;
}

/** Takes a problem down; `act` mends it when that was asked for. */
export type Report = (path: string, problem: string, mend?: string, act?: () => void) => void;
