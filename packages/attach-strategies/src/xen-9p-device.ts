import { ConfigError, type Transport } from "@ninefold/core/contracts";
import { z } from "zod";

/**
 * `-device xen-9p,fsdev=X,mount_tag=T[,id=D]`: a note in the device tree, below `/machine/xen-9p`, that offers with this
 * tag are answered by this fsdev. No guest ever sees it, and nothing is opened for it.
 */
export const xen9pDevice: Transport<object> = {
  name: "xen-9p",
  description: "a note that offers with its tag are answered by its fsdev (strategy xen-9p)",
  deviceTypes: ["xen-9p"],
  schema: z.strictObject({}),
  container: "xen-9p",
  connects: () => false,
  open: () => {
    throw new ConfigError({
      code: "ERR_DEVICE_OPEN",
      path: "",
      problem: "a xen-9p device serves nobody by itself",
      hint: "set xen.attach to xen-9p",
    });
  },
};
