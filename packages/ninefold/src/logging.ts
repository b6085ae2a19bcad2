import type { Logger } from "@ninefold/core";
import { type Logger as Pino, pino } from "pino";
import { build as prettyStream } from "pino-pretty";

/** Levels that `--log-level` takes, quietest first. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `text` for people, `json` for machines: one object a line. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** A logger to standard error, which leaves standard output to what a command answers. Lines are written at once. */
export function createLogger(options: LogOptions): Logger {
  const destination =
    options.format === "json"
      ? pino.destination({ dest: 2, sync: true })
      : prettyStream({
          destination: 2,
          sync: true,
          colorize: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
          ignore: "pid,hostname",
          translateTime: "SYS:HH:MM:ss.l",
          singleLine: true,
        });
  return fromPino(pino({ level: options.level }, destination));
}

function fromPino(log: Pino): Logger {
  return {
    trace: (message, fields) => log.trace(fields, message),
    debug: (message, fields) => log.debug(fields, message),
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => log.error(fields, message),
    child: (fields) => fromPino(log.child(fields)),
  };
}
