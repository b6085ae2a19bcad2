import type {
  Logger,
  MessageHandler,
  SessionLimits,
  TransportEndpoint,
  TransportEvent,
  TransportHost,
} from "@ninefold/core/contracts";
import {
  attachDevice,
  type DeviceDescription,
  FrontEnd,
  MemoryHypervisor,
  type ToolstackDevice,
} from "../src/testing/index.ts";
import { xenTransport } from "../src/transport.ts";
import { MemoryXenStore, type XenStore } from "../src/xenstore/index.ts";
import { StubSession } from "./stub-session.ts";

export interface DeviceBench {
  readonly store: MemoryXenStore;
  readonly xen: MemoryHypervisor;
  readonly device: ToolstackDevice;
  readonly sessions: StubSession[];
  readonly maxMessageSizes: number[];
  readonly limits: (Partial<SessionLimits> | undefined)[];
  readonly events: TransportEvent[];
  readonly lines: string[];
  /** Starts a server for the device; several may exist, as after a restart. */
  serve(options?: Record<string, unknown>): Promise<TransportEndpoint>;
  guest(options?: { rings?: number; order?: number }): Promise<FrontEnd>;
  state(): Promise<string | undefined>;
}

/** One device in a memory of xenstore and grants, with a stub for the session unless `openSession` says otherwise. */
export async function deviceBench(
  description: Partial<DeviceDescription> = {},
  openSession?: TransportHost["openSession"],
  connect?: () => Promise<XenStore>,
): Promise<DeviceBench> {
  const store = new MemoryXenStore();
  const xen = new MemoryHypervisor();
  const device = await attachDevice(store, { domid: 1, devid: 0, tag: "lab", ...description });
  const sessions: StubSession[] = [];
  const maxMessageSizes: number[] = [];
  const limits: (Partial<SessionLimits> | undefined)[] = [];
  const events: TransportEvent[] = [];
  const lines: string[] = [];
  const log = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    lines.push(fields === undefined ? message : `${message} ${String(fields.error ?? "")}`);
  };
  const logger: Logger = {
    trace: log,
    debug: () => {},
    info: log,
    warn: log,
    error: log,
    child: () => logger,
  };
  const host: TransportHost = {
    device: "/machine/peripheral/x0",
    mountTag: "lab",
    baseDirectory: "/",
    log: logger,
    openSession: (peer, maxMessageSize, given): MessageHandler => {
      if (openSession !== undefined) return openSession(peer, maxMessageSize, given);
      const session = new StubSession();
      sessions.push(session);
      maxMessageSizes.push(maxMessageSize);
      limits.push(given);
      return session;
    },
    report: (event) => events.push(event),
  };
  return {
    store,
    xen,
    device,
    sessions,
    maxMessageSizes,
    limits,
    events,
    lines,
    serve: async (options = {}) => {
      const transport = xenTransport({
        connectXenStore: connect ?? (async () => store.connect()),
        openHypervisor: () => xen.open(),
      });
      const { kind = "xen_9pfs", domid = 1, devid = 0 } = description;
      const given = { backend: device.backend, frontend: device.frontend, kind, domid, devid, ...options };
      const checked = await transport.schema["~standard"].validate(given);
      if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues));
      return transport.open(checked.value, host);
    },
    guest: (options = {}) =>
      FrontEnd.connect({ store, domain: xen.domain(1), path: device.frontend, timeoutMs: 5000, ...options }),
    state: () => store.read(`${device.backend}/state`),
  };
}
