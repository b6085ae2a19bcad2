import { resolve } from "node:path";
import {
  ConfigError,
  type Transport,
  type TransportEndpoint,
  type TransportHost,
} from "@ninefold/core/contracts";
import { configSpace } from "./config-space.ts";
import { MAX_SOCKET_PATH_BYTES, tooLong, type VirtioOptions, virtioOptions } from "./options.ts";
import { usage } from "./usage.ts";
import type { DeviceOffer } from "./vhost-user/control.ts";
import { VhostUserEndpoint } from "./vhost-user/endpoint.ts";
import { EVENT_IDX, INDIRECT_DESC, MOUNT_TAG, PROTOCOL_FEATURES, VERSION_1 } from "./vhost-user/message.ts";

/** virtio-9p devices for VMMs that take a vhost-user back end. */
export const virtio: Transport<VirtioOptions> = {
  name: "virtio",
  description: "virtio-9p devices for QEMU, User-Mode Linux and other VMMs, by vhost-user",
  deviceTypes: ["virtio-9p-pci", "virtio-9p-device"],
  interfaces: ["virtio-9p"],
  schema: virtioOptions,
  connects: ({ socket }) => socket !== undefined,
  open,
};

async function open(options: VirtioOptions, host: TransportHost): Promise<TransportEndpoint> {
  const { server } = options;
  const path = socketPath(options, host.baseDirectory);
  const offer = deviceOffer(host.mountTag);
  const endpoint = server
    ? await VhostUserEndpoint.listen(host, offer, path, {
        mode: options["socket-mode"],
        group: options["socket-group"],
      })
    : VhostUserEndpoint.connect(host, offer, path);
  const { mountTag } = host;
  return {
    usage: usage({ mountTag, socket: path, server, configBytes: offer.config.length }),
    close: () => endpoint.close(),
  };
}

/** What a virtio-9p device with this mount tag offers to a front end. */
export function deviceOffer(mountTag: string): DeviceOffer {
  const low = MOUNT_TAG | INDIRECT_DESC | EVENT_IDX | PROTOCOL_FEATURES;
  return { features: { low, high: VERSION_1 }, config: configSpace(mountTag) };
}

function socketPath({ socket }: VirtioOptions, baseDirectory: string): string {
  const mistake = { path: "", option: "socket", value: socket };
  if (socket === undefined) {
    throw new ConfigError({ ...mistake, code: "ERR_CONFIG_MISSING", problem: 'option "socket" is missing' });
  }
  const path = resolve(baseDirectory, socket);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    const problem = `the socket's path ${JSON.stringify(path)} ${tooLong(path)}`;
    throw new ConfigError({ ...mistake, code: "ERR_CONFIG_VALUE", problem });
  }
  return path;
}
