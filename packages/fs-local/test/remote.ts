import type { LocalTree } from "../src/local-tree.ts";

/** Makes a tree treat its file system as one across a network: every call that can goes to the thread pool. */
export function asIfRemote(tree: LocalTree): void {
  for (const device of tree.devices) {
    Object.defineProperty(device, "isLocal", { value: false });
    Object.defineProperty(device, "isMemory", { value: false });
    for (const pace of [device.changes, device.writes, device.listings]) {
      Object.defineProperty(pace, "isQuick", { value: false });
    }
  }
}
