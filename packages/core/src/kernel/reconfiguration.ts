/** One line of what a changed configuration does to a kernel that runs. */
export interface ConfigChange {
  /** What it is about: `fsdev fs0`, `device d0`, `log.level`. */
  readonly subject: string;
  /** What changed: `added`, `removed`, `changed: path`. */
  readonly change: string;
}

export interface RefusedChange extends ConfigChange {
  /** Why it is not applied, and what would help. */
  readonly reason: string;
}

/** What became of a changed configuration. All else is as it was. */
export interface Reconfiguration {
  readonly applied: readonly ConfigChange[];
  readonly refused: readonly RefusedChange[];
}

export interface ReconfigureOptions {
  /** Change fsdevs and devices also under guests that are connected: their sessions end. */
  readonly force?: boolean;
}
