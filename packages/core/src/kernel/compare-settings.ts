import { isDeepStrictEqual } from "node:util";
import type { ServerConfig } from "../config/server-config.ts";
import type { ConfigChange, RefusedChange } from "./reconfiguration.ts";

const RESTART = "restart the server to apply it";

/** What is settled when a kernel starts, and why. */
const SETTLED: readonly (readonly [keyof ServerConfig, string])[] = [
  ["plugins", `plugins are loaded at the start; ${RESTART}`],
  ["inline", `lanes are where they were started; ${RESTART}`],
  ["xen", `offers are answered in one way from the start to the end; ${RESTART}`],
  ["control", `the control socket is where those who ask look for it; ${RESTART}`],
  ["baseDirectory", `relative paths keep their meaning; ${RESTART}`],
];

/** The differences of all that is neither an fsdev nor a device. */
export function compareSettings(
  before: ServerConfig,
  next: ServerConfig,
): { readonly applied: ConfigChange[]; readonly refused: RefusedChange[] } {
  const applied: ConfigChange[] = [];
  const refused = SETTLED.filter(([key]) => !isDeepStrictEqual(before[key], next[key])).map(
    ([key, reason]): RefusedChange => ({ subject: key, change: "changed", reason }),
  );
  if (before.restart !== next.restart)
    applied.push({ subject: "restart", change: next.restart ? "on" : "off" });
  if (before.log.level !== next.log.level)
    applied.push({ subject: "log.level", change: `${before.log.level} to ${next.log.level}` });
  if (before.log.trace !== next.log.trace)
    applied.push({ subject: "log.trace", change: `${next.log.trace ? "on" : "off"}, for new sessions` });
  if (before.log.format !== next.log.format)
    refused.push({ subject: "log.format", change: "changed", reason: `the log is open; ${RESTART}` });
  if (!isDeepStrictEqual(before.limits, next.limits))
    applied.push({ subject: "limits", change: "changed, for new sessions" });
  return { applied, refused };
}

/** What counts as the configuration when `next` was applied as far as it can be. */
export function effectiveConfig(before: ServerConfig, next: ServerConfig): ServerConfig {
  const { xen, control, plugins, inline, baseDirectory } = before;
  const { xen: _xen, control: _control, ...rest } = next;
  return {
    ...rest,
    ...{ plugins, inline, baseDirectory },
    ...(xen === undefined ? {} : { xen }),
    ...(control === undefined ? {} : { control }),
    log: { ...next.log, format: before.log.format },
  };
}
