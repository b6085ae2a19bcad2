import type { LogFields, Logger, LogLevel } from "../contracts/logger.ts";

type WrittenLevel = Exclude<LogLevel, "silent">;

const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "silent"];

export type WriteLine = (level: WrittenLevel, message: string, fields: LogFields) => void;

/** A logger that hands lines of the level of that moment and above to `write`, with fields of plain data only. */
export function createLaneLogger(level: () => LogLevel, write: WriteLine, base: LogFields = {}): Logger {
  const line = (own: WrittenLevel): ((message: string, fields?: LogFields) => void) => {
    const rank = LEVELS.indexOf(own);
    return (message, fields) => {
      if (rank >= LEVELS.indexOf(level())) write(own, message, { ...base, ...plainFields(fields) });
    };
  };
  return {
    trace: line("trace"),
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => createLaneLogger(level, write, { ...base, ...plainFields(fields) }),
  };
}

function plainFields(fields: LogFields = {}): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    const code = "code" in value ? { code: plainValue(value.code) } : {};
    return { name, message, ...code, stack, ...(cause === undefined ? {} : { cause: plainValue(cause) }) };
  }
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}
