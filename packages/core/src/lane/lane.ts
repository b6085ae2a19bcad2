import type { ConfigErrorCode } from "../contracts/config-error.ts";
import type { FsTree } from "../contracts/fs-tree.ts";
import type { Logger } from "../contracts/logger.ts";
import { ENGINE, FS_DRIVER, FS_LAYER, SECURITY_MODEL } from "../contracts/plugin.ts";
import type { TransportEndpoint, UsageLine } from "../contracts/transport.ts";
import { checkOptions } from "../options/check-options.ts";
import type { PluginSet } from "../plugins/plugin-set.ts";
import { DeviceSessions } from "./device-sessions.ts";
import type { LaneConfig, LaneDevice, LaneEvent, LaneSettings, LaneUsage } from "./lane-config.ts";
import { openFailure } from "./open-failure.ts";
import { createTransportHost, type SessionSource, sessionIds } from "./transport-host.ts";

export interface LaneContext {
  /** Has all that the lane's configuration names. */
  readonly plugins: PluginSet;
  readonly log: Logger;
  /** Whether anybody wants this event; asked each time. */
  isListened(name: string): boolean;
  emit(event: LaneEvent): void;
}

/** One fsdev and all its devices: one tree, its transports' ends, the engine. */
export interface Lane {
  readonly usage: readonly LaneUsage[];
  /** Serves one more device. When it throws, nothing of it is left. */
  addDevice(device: LaneDevice): Promise<readonly UsageLine[]>;
  /** Ends the device's sessions, or gives up opening it; nothing happens when it is not there. */
  removeDevice(path: string): Promise<void>;
  /** Answers ENODEV to all that comes by this device, from now on until `readmitDevice`. */
  revokeDevice(path: string): void;
  readmitDevice(path: string): void;
  /** Takes over the limits of sessions that are opened from now on. */
  configure(settings: Pick<LaneSettings, "limits">): void;
  /** Ends all sessions, then closes the tree. What fails on the way is logged. Never throws. */
  close(how?: { readonly isLost: boolean }): Promise<void>;
}

/** Opens the tree and serves the devices. When it throws (ConfigError), everything has been closed again. */
export async function startLane(config: LaneConfig, context: LaneContext): Promise<Lane> {
  const { log } = context;
  await using stack = new AsyncDisposableStack();
  const tree = await openTree(config, context, stack);
  const engine = context.plugins.require(ENGINE, config.engine, `fsdev ${config.fsdev.id}`).value;
  let limits = { ...config.limits, ...config.fsdev.limits };
  const sessions: SessionSource = {
    ...{ engine, tree, nextId: sessionIds() },
    get limits() {
      return limits;
    },
  };
  const endpoints = new Map<string, TransportEndpoint>();
  const usage = new Map<string, readonly UsageLine[]>();
  const open = new Map<string, DeviceSessions>();
  const unready = new Map<string, { isGivenUp: boolean }>();
  let isClosed = false;
  /** There is no kernel any more. */
  let isLost = false;

  const addDevice = async (device: LaneDevice): Promise<readonly UsageLine[]> => {
    const ofDevice = new DeviceSessions((error) =>
      log.error("a revoked session kept what it had", { device: device.path, error }),
    );
    const state = { isGivenUp: false };
    unready.set(device.path, state);
    const endpoint = await openDevice(device, config, context, sessions, ofDevice).finally(() => {
      if (unready.get(device.path) === state) unready.delete(device.path);
    });
    if (isClosed || state.isGivenUp) {
      await closing(`device ${device.path}`, log, () => endpoint.close());
      throw new TypeError("the device, or its lane, was closed while it was opened");
    }
    endpoints.set(device.path, endpoint);
    usage.set(device.path, endpoint.usage);
    open.set(device.path, ofDevice);
    return endpoint.usage;
  };
  const removeDevice = async (path: string): Promise<void> => {
    const early = unready.get(path);
    if (early !== undefined) early.isGivenUp = true;
    const endpoint = endpoints.get(path);
    endpoints.delete(path);
    usage.delete(path);
    open.delete(path);
    await closing(`device ${path}`, log, () => endpoint?.close({ isLost }));
  };
  stack.defer(async () => {
    isClosed = true;
    await Promise.all([...endpoints.keys()].map(removeDevice));
  });
  for (const device of config.devices) await addDevice(device);

  const owned = stack.move();
  return {
    get usage() {
      return [...usage].map(([device, lines]) => ({ device, lines }));
    },
    addDevice,
    removeDevice,
    revokeDevice: (path) => open.get(path)?.revoke(),
    readmitDevice: (path) => open.get(path)?.readmit(),
    configure: (settings) => {
      limits = { ...settings.limits, ...config.fsdev.limits };
    },
    close: (how) => {
      isLost = how?.isLost ?? false;
      return owned.disposeAsync();
    },
  };
}

async function openTree(
  { fsdev, baseDirectory }: LaneConfig,
  { plugins, log }: LaneContext,
  stack: AsyncDisposableStack,
): Promise<FsTree> {
  const user = `fsdev ${fsdev.id}`;
  const securityModels = plugins.all(SECURITY_MODEL).map(({ value }) => value);
  const environment = { fsdev: fsdev.id, log, baseDirectory, securityModels };
  const { value: driver, plugin } = plugins.require(FS_DRIVER, fsdev.driver, user);
  const options = await checkOptions(driver.schema, fsdev.options, user);
  let tree = await opening(
    "ERR_FSDEV_OPEN",
    user,
    `driver "${driver.name}" of plugin ${plugin.specifier}`,
    () => driver.open(options, environment),
  );
  // A layer's close closes what it wraps: only the outermost tree is closed here.
  stack.defer(() => closing(user, log, () => tree.close()));
  for (const { layer: name, options: given } of fsdev.layers) {
    const { value: layer, plugin: origin } = plugins.require(FS_LAYER, name, user);
    const layerOptions = await checkOptions(layer.schema, given, `${user}, layer ${name}`);
    const inner = tree;
    tree = await opening("ERR_FSDEV_OPEN", user, `layer "${name}" of plugin ${origin.specifier}`, () =>
      layer.wrap(inner, layerOptions, environment),
    );
  }
  return tree;
}

async function openDevice(
  device: LaneDevice,
  config: LaneConfig,
  context: LaneContext,
  sessions: SessionSource,
  open: DeviceSessions,
): Promise<TransportEndpoint> {
  const user = `device ${device.path}`;
  const { value: transport, plugin } = context.plugins.requireTransport(device.type, user);
  const options = await checkOptions(transport.schema, device.options, user);
  const host = createTransportHost(device, config, context, sessions, open);
  const culprit = `transport "${transport.name}" of plugin ${plugin.specifier}`;
  return opening("ERR_DEVICE_OPEN", user, culprit, () => transport.open(options, host));
}

async function opening<Value>(
  code: ConfigErrorCode,
  user: string,
  culprit: string,
  open: () => Promise<Value>,
): Promise<Value> {
  try {
    return await open();
  } catch (error) {
    throw openFailure(code, user, culprit, error);
  }
}

async function closing(what: string, log: Logger, close: () => Promise<void> | undefined): Promise<void> {
  try {
    await close();
  } catch (error) {
    log.error(`${what} did not close cleanly`, { error });
  }
}
