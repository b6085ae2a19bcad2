import type { Channel } from "@ninefold/client";
import { definePlugin, type Plugin, type StandardSchema, TRANSPORT, type Transport } from "@ninefold/core";

/** A transport of this program's own: the guest lives in the server's process. */
export interface EmbeddedGuest {
  readonly plugin: Plugin;
  /** The guest's end, once the device is served. */
  readonly channel: Promise<Channel>;
}

/** Messages of the demonstration, in bytes: what Linux's virtio client uses at most. */
const MESSAGE_SIZE = 512_000;

const noOptions: StandardSchema<unknown, object> = {
  "~standard": {
    version: 1,
    vendor: "ninefold",
    validate: (value) =>
      Object.keys(value as object).length === 0
        ? { value: {} }
        : { issues: [{ message: "takes no options" }] },
  },
};

/** A device `virtio-9p-embedded` whose rings lie in shared memory of this process: no VMM, no socket. */
export function embeddedGuest(): EmbeddedGuest {
  const { promise, resolve } = Promise.withResolvers<Channel>();
  const transport: Transport<object> = {
    name: "embedded",
    description: "a guest in the server's own process, behind real virtqueues",
    deviceTypes: ["virtio-9p-embedded"],
    schema: noOptions,
    async open(_options, host) {
      const { connectInProcess } = await import("@ninefold/transport-virtio/testing");
      const driver = connectInProcess(host, { maxMessageSize: MESSAGE_SIZE, concurrency: 64 });
      resolve({
        maxMessageSize: MESSAGE_SIZE,
        request: (message, replyRoom) => driver.request(message, replyRoom),
        close: () => driver.close(),
      });
      return { usage: [], close: () => driver.close() };
    },
  };
  const plugin = definePlugin({
    name: "ninefold-demo",
    apiVersion: 1,
    contributes: { transport: ["embedded"] },
    register: (registry) => registry.register(TRANSPORT, transport as Transport),
  });
  return { plugin, channel: promise };
}
