import type { OfferLimits } from "@ninefold/core/contracts";
import { ConfigError } from "@ninefold/core/contracts";

/** The nodes by which a toolstack sets limits (xl.cfg: p9), and what they are there. */
export const LIMIT_NODES = ["max-space", "max-files", "max-open-files", "auto-delete"] as const;

/** What these nodes say; absent, empty and 0 are no limit. */
export function parseLimits(read: (name: (typeof LIMIT_NODES)[number]) => string | undefined): OfferLimits {
  const number = (name: (typeof LIMIT_NODES)[number]): number => {
    const value = Number(read(name) ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  return {
    maxSpace: number("max-space"),
    maxFiles: number("max-files"),
    maxOpenFiles: number("max-open-files"),
    autoDelete: number("auto-delete") > 0,
  };
}

/**
 * Throws ConfigError that names the limits that a device cannot enforce by itself: what was asked for must not silently be
 * missing. Open files are its own affair, since it sees them; space and files are the tree's.
 */
export function refuseLimits(device: string, limits: OfferLimits): void {
  const wanted = [
    limits.maxSpace > 0 ? `max-space=${limits.maxSpace}` : "",
    limits.maxFiles > 0 ? `max-files=${limits.maxFiles}` : "",
    limits.autoDelete ? "auto-delete=1" : "",
  ].filter((limit) => limit !== "");
  if (wanted.length === 0) return;
  throw new ConfigError({
    code: "ERR_DEVICE_OPEN",
    path: device,
    problem: `the toolstack asks for ${wanted.join(", ")}, which nothing here enforces`,
    option: "limits",
    hint: "remove it from p9 in xl.cfg, or set limits=ignore",
  });
}
