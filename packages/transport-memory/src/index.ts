/**
 * 9P between two ends of one process: the reference transport, the one to read first when you write your own, and the
 * double for tests that need no socket and no VM.
 *
 * ```ts
 * import { connect } from "@ninefold/transport-memory";
 *
 * // The device is there: -device 9p-memory,fsdev=fs0,name=scratch, with its lane in this process.
 * const connection = connect("scratch");
 * const reply = await connection.request(tversion);
 * await connection.close();
 * ```
 *
 * What a transport has to do is all here, in three files: own the exchanges, the request's bytes and the room for the
 * reply (`memory-exchange.ts`); take the handler's answer whether it comes at once or later, end what is BROKEN, and
 * leave nothing behind (`memory-connection.ts`); open a device by its options and report who comes and goes
 * (`memory-transport.ts`).
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { memoryTransport } from "./memory-transport.ts";

export { connectTo, type MemoryConnection } from "./memory-connection.ts";
export { connect, type MemoryTransportOptions, memoryTransport } from "./memory-transport.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/transport-memory",
  apiVersion: 1,
  contributes: { transport: ["memory"] },
  register(registry) {
    registry.register(TRANSPORT, memoryTransport);
  },
});
export default plugin;
