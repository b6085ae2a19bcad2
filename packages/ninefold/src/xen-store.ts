import { ConfigError } from "@ninefold/core";
import { connectXenStore, XENSTORED_SOCKET, type XenStore } from "@ninefold/transport-xen/xenstore";

/** A connection to xenstored. Throws ConfigError when nobody answers there. */
export async function openXenStore(path: string = XENSTORED_SOCKET): Promise<XenStore> {
  try {
    return await connectXenStore(path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const hint = "run it in the domain of the back end, with Xen";
    throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: "xenstore", value: path, problem, hint }, [], {
      cause,
    });
  }
}
