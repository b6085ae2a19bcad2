/** What plugins log with. `fields` is plain data; a level that is off costs one call. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  child(fields: LogFields): Logger;
}

/** What belongs to a line, by name; an error as `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What is logged: this level and those after it. `silent` is nothing. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";
