import type { StandardSchema } from "@ninefold/core/contracts";
import { byteSize, onOff, wholeNumber } from "@ninefold/core/options";
import { z } from "zod";

/** Options of the layer `quota`; the first four are Xen's. 0, or absent, is no limit. */
export interface QuotaOptions {
  /** Bytes of the host's disk that the tree may take, counted as du(1) does. */
  readonly "max-space"?: number | undefined;
  /** Files, folders, links and special files, the root not counted. */
  readonly "max-files"?: number | undefined;
  /** Files and folders that are open at once, each opening counted. */
  readonly "max-open-files"?: number | undefined;
  /** At a limit, the files that were written longest ago and are not open are deleted to make room. */
  readonly "auto-delete": boolean;
  /** What guests are told at max-space and max-files. */
  readonly errno: "ENOSPC" | "EDQUOT";
  /** Seconds between two counts of what programs of the host have changed; 0 is never. */
  readonly rescan: number;
}

export const quotaOptions: StandardSchema<unknown, QuotaOptions> = z
  .strictObject({
    "max-space": byteSize()
      .optional()
      .meta({ description: "most space that the tree may take on the host's disk; no limit when absent" }),
    "max-files": wholeNumber()
      .optional()
      .meta({ description: "most files, folders and links in the tree; no limit when absent" }),
    "max-open-files": wholeNumber()
      .optional()
      .meta({ description: "most files and folders that are open at once; no limit when absent" }),
    "auto-delete": onOff()
      .prefault("off")
      .meta({ description: "at a limit, delete the oldest files that are not open" }),
    errno: z
      .enum(["ENOSPC", "EDQUOT"])
      .default("ENOSPC")
      .meta({ description: "what guests are told at max-space and max-files" }),
    rescan: wholeNumber({ max: 1_000_000 }).prefault("60").meta({
      description: "seconds after which the tree is counted again, for what the host changed; 0: never",
    }),
  })
  .superRefine((options, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message });
    const counts = (options["max-space"] ?? 0) > 0 || (options["max-files"] ?? 0) > 0;
    if (!counts && (options["max-open-files"] ?? 0) === 0)
      refuse("max-space", "or max-files, or max-open-files must be given: a quota needs a limit");
    else if (!counts && options["auto-delete"])
      refuse("auto-delete", "needs max-space or max-files: it makes room there");
  });
