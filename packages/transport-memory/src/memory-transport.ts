import {
  ConfigError,
  type StandardSchema,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
} from "@ninefold/core/contracts";
import { z } from "zod";
import { connectTo, type MemoryConnection } from "./memory-connection.ts";

/** Largest message in bytes that a connection carries. */
const MAX_MESSAGE_SIZE = 1024 * 1024;

/** Options of `-device 9p-memory`. */
export interface MemoryTransportOptions {
  /** What `connect` finds it by; one device of the process has it. */
  readonly name: string;
}

const schema: StandardSchema<unknown, MemoryTransportOptions> = z.strictObject({
  name: z.string().min(1).meta({ description: "what a program's `connect` finds it by" }),
});

/** The devices that are open in this process, by name. */
const devices = new Map<string, () => MemoryConnection>();

/** A new conversation with the device of that name. Throws when none is open in this process. */
export function connect(name: string): MemoryConnection {
  const device = devices.get(name);
  if (device === undefined) throw new Error(`no 9p-memory device is named "${name}" in this process`);
  return device();
}

/** The transport `memory`, of devices `9p-memory`. */
export const memoryTransport: Transport<MemoryTransportOptions> = {
  name: "memory",
  description: "9P between two ends of one process",
  deviceTypes: ["9p-memory"],
  schema,
  open: async (options, host) => openDevice(options.name, host),
};

function openDevice(name: string, host: TransportHost): TransportEndpoint {
  if (devices.has(name)) {
    throw new ConfigError({
      code: "ERR_CONFIG_DUPLICATE",
      path: `device ${host.device}`,
      problem: `another 9p-memory device is named "${name}"`,
      option: "name",
      value: name,
    });
  }
  const peer = { description: `memory ${name}` };
  const connections = new Set<MemoryConnection>();
  devices.set(name, () => {
    const handler = host.openSession(peer, MAX_MESSAGE_SIZE);
    const connection = connectTo(handler, MAX_MESSAGE_SIZE, (reason) => {
      connections.delete(connection);
      host.report({ kind: "disconnect", peer, reason });
    });
    connections.add(connection);
    host.report({ kind: "connect", peer });
    return connection;
  });
  return {
    usage: [{ title: "In this process", text: `connect(${JSON.stringify(name)})` }],
    async close() {
      devices.delete(name);
      await Promise.all([...connections].map((connection) => connection.close()));
    },
  };
}
