import type { LogConfig, LogFields, Logger, LogLevel } from "@ninefold/core";
import { type Logger as Pino, pino } from "pino";
import { build as prettyStream } from "pino-pretty";

/** A logger whose level, and that of all its children, may change. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** A logger to standard error, which leaves standard output to what a command answers. Lines are written at once. */
export function createLogger(config: LogConfig): AdjustableLogger {
  const json = config.format === "json" || (config.format === "auto" && process.stderr.isTTY !== true);
  const destination = json
    ? pino.destination({ dest: 2, sync: true })
    : prettyStream({
        destination: 2,
        sync: true,
        colorize: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
        ignore: "pid,hostname",
        translateTime: "SYS:HH:MM:ss.l",
        singleLine: true,
      });
  // A child of pino's keeps the level that its parent had when it was made: so the level is ours.
  const log = pino({ level: "trace", serializers: { error: pino.stdSerializers.err } }, destination);
  const threshold = { rank: rankOf(config.level) };
  return {
    ...fromPino(log, threshold),
    setLevel: (level) => {
      threshold.rank = rankOf(level);
    },
  };
}

function rankOf(level: LogLevel): number {
  return pino.levels.values[level] ?? Number.POSITIVE_INFINITY;
}

function fromPino(log: Pino, threshold: { readonly rank: number }): Logger {
  const line = (level: Exclude<LogLevel, "silent">): ((message: string, fields?: LogFields) => void) => {
    const rank = rankOf(level);
    return (message, fields) => {
      if (rank >= threshold.rank) log[level](fields, message);
    };
  };
  return {
    trace: line("trace"),
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => fromPino(log.child(fields), threshold),
  };
}
