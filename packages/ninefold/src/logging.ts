import type { LogConfig, Logger } from "@ninefold/core";
import { type Logger as Pino, pino } from "pino";
import { build as prettyStream } from "pino-pretty";

/** A logger to standard error, which leaves standard output to what a command answers. Lines are written at once. */
export function createLogger(config: LogConfig): Logger {
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
  return fromPino(pino({ level: config.level }, destination));
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
