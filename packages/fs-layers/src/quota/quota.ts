import type { FsLayer } from "@ninefold/core/contracts";
import { type QuotaOptions, quotaOptions } from "./options.ts";
import { openQuota } from "./quota-tree.ts";

/** The layer `quota`: how much a tree may hold, and how many files may be open. */
export const quota: FsLayer<QuotaOptions> = {
  name: "quota",
  description: "limits the space, the number of files and the open files of a tree",
  schema: quotaOptions,
  wrap: openQuota,
};
