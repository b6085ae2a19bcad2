import { dirname } from "node:path/posix";
import { STATE } from "../backend/xenbus-state.ts";
import type { XenStore, XenStoreNodes } from "../xenstore/store.ts";
import { waitForNode } from "./wait-for-node.ts";

export interface DeviceDescription {
  readonly domid: number;
  readonly devid: number;
  /** `xen_9pfs` unless given. */
  readonly kind?: "9pfs" | "xen_9pfs";
  readonly tag: string;
  readonly path?: string;
  /** Further nodes of the back end's directory, such as `max-files`. */
  readonly nodes?: Readonly<Record<string, string>>;
}

/** One device, as a toolstack sees it. */
export interface ToolstackDevice {
  readonly backend: string;
  readonly frontend: string;
  /** As `xl` does for a guest that lives on: asks the back end to close, waits for that, and removes the nodes. */
  detach(timeoutMs?: number): Promise<void>;
  /** As `xl destroy` does: the front end's nodes are gone first. */
  destroy(timeoutMs?: number): Promise<void>;
}

/** Writes what libxl writes for one entry of `p9`, in one transaction. The back end is domain 0. */
export async function attachDevice(
  store: XenStore,
  description: DeviceDescription,
): Promise<ToolstackDevice> {
  const { domid, tag, path = "/nonexistent", nodes = {} } = description;
  const device = deviceOf(store, description);
  const { frontend, backend } = device;
  await store.transaction(async (view) => {
    await makeDirectory(view, frontend, domid, 0);
    await writeAll(view, frontend, { backend, "backend-id": "0", state: String(STATE.INITIALISING), tag });
    await makeDirectory(view, backend, 0, domid);
    await writeAll(view, backend, {
      frontend,
      "frontend-id": String(domid),
      online: "1",
      state: String(STATE.INITIALISING),
      path,
      security_model: "none",
      ...nodes,
    });
  });
  return device;
}

/** A device that is there already. */
export function deviceOf(
  store: XenStore,
  { domid, devid, kind = "xen_9pfs" }: DeviceDescription,
): ToolstackDevice {
  const frontend = `/local/domain/${domid}/device/9pfs/${devid}`;
  const backend = `/local/domain/0/backend/${kind}/${domid}/${devid}`;
  const close = async (timeoutMs: number): Promise<void> => {
    await store.transaction((view) => writeAll(view, backend, { state: String(STATE.CLOSING), online: "0" }));
    await waitForNode(store, `${backend}/state`, String(STATE.CLOSED), timeoutMs);
    await removeWithEmptyParents(store, backend);
  };
  return {
    backend,
    frontend,
    detach: async (timeoutMs = 10_000) => {
      await close(timeoutMs);
      await removeWithEmptyParents(store, frontend);
    },
    destroy: async (timeoutMs = 10_000) => {
      await removeWithEmptyParents(store, frontend);
      await close(timeoutMs);
    },
  };
}

async function makeDirectory(
  view: XenStoreNodes,
  path: string,
  owner: number,
  reader: number,
): Promise<void> {
  await view.rm(path);
  await view.mkdir(path);
  await view.setPermissions(path, [
    { domid: owner, access: "none" },
    { domid: reader, access: "read" },
  ]);
}

async function writeAll(
  view: XenStoreNodes,
  directory: string,
  nodes: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(nodes)) await view.write(`${directory}/${name}`, value);
}

/** As libxl does: the directories of the domain and of the kind go with their last device. */
function removeWithEmptyParents(store: XenStore, path: string): Promise<void> {
  return store.transaction(async (view) => {
    await view.rm(path);
    for (let parent = dirname(path), i = 0; i < 2; parent = dirname(parent), i++) {
      if ((await view.directory(parent))?.length !== 0) return;
      await view.rm(parent);
    }
  });
}
