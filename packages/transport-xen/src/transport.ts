import {
  ConfigError,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
  type UsageLine,
} from "@ninefold/core/contracts";
import { DeviceBackend } from "./backend/device-backend.ts";
import { LIMIT_NODES, parseLimits, refuseLimits } from "./backend/limits.ts";
import { type XenDeviceOptions, xenDeviceOptions } from "./backend/options.ts";
import type { Hypervisor } from "./hypervisor/hypervisor.ts";
import { openHypervisor } from "./hypervisor/linux-hypervisor.ts";
import { connectXenStore } from "./xenstore/client.ts";
import { lastingXenStore } from "./xenstore/lasting-store.ts";
import type { XenStore } from "./xenstore/store.ts";

/** What a device needs of Xen; stand-ins make it run anywhere. */
export interface XenAccess {
  connectXenStore(socketPath: string): Promise<XenStore>;
  openHypervisor(): Hypervisor;
}

/** Serves the devices that offers of a Xen toolstack became: one `xen-9pfs` device for one directory of xenstore. */
export function xenTransport(
  xen: XenAccess = { connectXenStore, openHypervisor },
): Transport<XenDeviceOptions> {
  return {
    name: "xen",
    description: "Xen PV 9pfs: rings in the guest's memory",
    deviceTypes: ["xen-9pfs"],
    schema: xenDeviceOptions,
    open: (options, host) => openDevice(xen, options, host),
  };
}

async function openDevice(
  xen: XenAccess,
  options: XenDeviceOptions,
  host: TransportHost,
): Promise<TransportEndpoint> {
  const { log } = host;
  const store = await orConfigError(host.device, () =>
    lastingXenStore({
      connect: () => xen.connectXenStore(options.xenstore),
      onLoss: ({ message: reason }) =>
        log.warn("the connection to xenstored is lost: the device is served on", { reason }),
      onReturn: () => log.info("connected to xenstored again"),
    }),
  );
  let hypervisor: Hypervisor | undefined;
  let backend: DeviceBackend | undefined;
  const close: TransportEndpoint["close"] = async (how) => {
    store.endWithConnection();
    await backend?.close(how);
    hypervisor?.close();
    await store.close();
  };
  try {
    const limits = await readLimits(store, options);
    if (options.limits === "refuse") refuseLimits(host.device, limits);
    const openFiles = options.limits === "ignore" ? 0 : limits.maxOpenFiles;
    hypervisor = await orConfigError(host.device, async () => xen.openHypervisor());
    const started = new DeviceBackend(store, hypervisor, { ...options, openFiles }, host);
    backend = started;
    await orConfigError(host.device, () => started.start());
  } catch (error) {
    await close();
    throw error;
  }
  void store.ended.then((reason) => {
    if (reason !== undefined) {
      log.error("xenstored is gone: the device is served on, but cannot be taken back", {
        error: reason,
      });
    }
  });
  return { usage: usageOf(host.mountTag), close };
}

async function readLimits(
  store: XenStore,
  { backend }: XenDeviceOptions,
): Promise<ReturnType<typeof parseLimits>> {
  const values = new Map<string, string | undefined>();
  for (const name of LIMIT_NODES) values.set(name, await store.read(`${backend}/${name}`));
  return parseLimits((name) => values.get(name));
}

async function orConfigError<Value>(device: string, open: () => Promise<Value>): Promise<Value> {
  try {
    return await open();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError({ code: "ERR_DEVICE_OPEN", path: device, problem }, [], { cause });
  }
}

function usageOf(tag: string): UsageLine[] {
  return [{ title: "in the guest", text: `mount -t 9p -o trans=xen,version=9p2000.L ${tag} /mnt` }];
}
