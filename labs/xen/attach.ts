// node attach.mjs attach|detach DOMID DEVID TAG: plugs a device into a running guest, or takes it away, by its nodes.
import { attachDevice, deviceOf } from "@ninefold/transport-xen/testing";
import { connectXenStore } from "@ninefold/transport-xen/xenstore";

const [action, domid = "", devid = "", tag = ""] = process.argv.slice(2);
const store = await connectXenStore();
const description = { domid: Number(domid), devid: Number(devid), tag };
if (action === "attach") await attachDevice(store, description);
else await deviceOf(store, description).detach(60_000);
await store.close();
