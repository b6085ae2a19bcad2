import type { DeviceConfig, ServerConfig } from "../config/server-config.ts";
import type { DeviceNode } from "../contracts/device-node.ts";
import type { Logger } from "../contracts/logger.ts";
import type { PluginSet } from "../plugins/plugin-set.ts";
import { type ConfigChanges, configOf } from "./compare-config.ts";
import { planDevice, planFsdev, together } from "./plan.ts";
import type { ServedMachine } from "./served-machine.ts";

/** Options that name an end: two devices cannot have it at a time. */
const ENDS = ["socket", "path", "port"];

/** Checks all options, also of what is not going to change. Throws ConfigError with all mistakes. */
export async function checkOptionsOf(
  { fsdevs, devices }: Pick<ServerConfig, "fsdevs" | "devices">,
  plugins: PluginSet,
): Promise<void> {
  await together<unknown>([
    ...fsdevs.map((fsdev) => planFsdev(fsdev, plugins)),
    ...devices.map((device) => planDevice(device, plugins)),
  ]);
}

/**
 * Carries changes out: first what can be undone without anybody's noticing, so that a tree that does not open or a socket in use
 * stops it before something ends. When it throws, all is as it was, but sessions of what was removed and came back have ended.
 */
export async function applyChanges(
  changes: ConfigChanges,
  machine: ServedMachine,
  log: Logger,
): Promise<void> {
  const undo: (() => Promise<unknown>)[] = [];
  const { addedFsdevs, replacedFsdevs, removedFsdevs, addedDevices, removedDevices } = changes;
  const replacedIds = new Set(replacedFsdevs.map(({ id }) => id));
  const waits = (device: DeviceConfig): boolean =>
    replacedIds.has(device.fsdev) || removedDevices.some((node) => isInTheWay(node, device));
  const addDevices = (devices: readonly DeviceConfig[]): Promise<unknown> =>
    together(
      devices.map(async (device) => {
        const { path, fsdev } = await machine.addDevice(device);
        undo.push(() => machine.removeDevice({ path, fsdev }));
      }),
    );
  try {
    for (const fsdev of addedFsdevs) {
      await machine.addFsdev(fsdev);
      undo.push(async () => machine.removeFsdev(fsdev.id));
    }
    await addDevices(addedDevices.filter((device) => !waits(device)));
    for (const node of removedDevices) {
      await machine.removeDevice(node);
      undo.push(() => machine.addDevice(configOf(node)));
    }
    for (const fsdev of replacedFsdevs) {
      const before = machine.fsdevs.require(fsdev.id, "");
      machine.removeFsdev(fsdev.id);
      undo.push(() => machine.addFsdev(before));
      await machine.addFsdev(fsdev);
      undo.push(async () => machine.removeFsdev(fsdev.id));
    }
    await addDevices(addedDevices.filter(waits));
    for (const fsdev of removedFsdevs) {
      machine.removeFsdev(fsdev.id);
      undo.push(() => machine.addFsdev(fsdev));
    }
  } catch (error) {
    for (const step of undo.reverse()) {
      await step().catch((cause: unknown) => {
        log.error("a change of the configuration could not be undone", { error: cause });
      });
    }
    throw error;
  }
}

/** The device cannot be opened while the other one is there. */
function isInTheWay({ id, properties }: DeviceNode, device: DeviceConfig): boolean {
  if (id !== undefined && id === device.id) return true;
  return ENDS.some((key) => device.options[key] !== undefined && device.options[key] === properties[key]);
}
