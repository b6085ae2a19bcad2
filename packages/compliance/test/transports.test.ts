import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSocket } from "@ninefold/client";
import { type ClientEnd, transportCompliance } from "@ninefold/compliance/transport";
import type { Transport } from "@ninefold/core/contracts";
import { connect, memoryTransport } from "@ninefold/transport-memory";
import { unixTransport } from "@ninefold/transport-socket";
import { virtio } from "@ninefold/transport-virtio";
import { connectVhostUser } from "@ninefold/transport-virtio/testing";
import { xenTransport } from "@ninefold/transport-xen";
import { attachDevice, FrontEnd, MemoryHypervisor } from "@ninefold/transport-xen/testing";
import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
import { afterAll, describe, expect, it, test } from "vitest";
import { collectingRunner, failuresOf } from "./collecting-runner.ts";

const folder = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
afterAll(() => rmSync(folder, { recursive: true }));
let devices = 0;

transportCompliance({ describe, it }, "transport-memory", {
  transport: memoryTransport,
  options: () => ({ name: `compliance-${++devices}` }),
  connect: async ({ name }) => connect(String(name)),
});

const socketFile = ({ socket, path }: Readonly<Record<string, unknown>>): string[] =>
  existsSync(String(socket ?? path)) ? [String(socket ?? path)] : [];

transportCompliance({ describe, it }, "transport-virtio", {
  transport: virtio,
  options: () => ({ socket: join(folder, `v${++devices}`) }),
  connect: async ({ socket }) => connectVhostUser(String(socket)),
  leftovers: (options) => [
    ...socketFile(options),
    ...readdirSync("/proc/self/fd").filter((fd) => Number(fd) > 1e6),
  ],
  oneConnection: true,
});

transportCompliance({ describe, it }, "transport-socket, unix", {
  transport: unixTransport,
  options: () => ({ path: join(folder, `u${++devices}`) }),
  connect: async ({ path }) => connectSocket({ path: String(path) }),
  leftovers: socketFile,
});

const xenstore = new MemoryXenStore();
const hypervisor = new MemoryHypervisor();

transportCompliance({ describe, it }, "transport-xen", {
  transport: xenTransport({
    connectXenStore: async () => xenstore.connect(),
    openHypervisor: () => hypervisor.open(),
  }),
  options: async () => {
    const [domid, devid] = [++devices, 0];
    const { backend, frontend } = await attachDevice(xenstore, { domid, devid, tag: "data" });
    return { backend, frontend, domid, devid };
  },
  connect: async (options) => {
    const path = String(options.frontend);
    await xenstore.write(`${path}/state`, "1");
    const domain = hypervisor.domain(Number(options.domid));
    // A guest waits for a back end that does not come.
    return FrontEnd.connect({ store: xenstore, domain, path, timeoutMs: 1000 });
  },
  leftovers: () => [
    ...Array.from({ length: hypervisor.mapped }, () => "a mapped page"),
    ...Array.from({ length: hypervisor.ports }, () => "an event channel"),
  ],
  oneConnection: true,
});

/** Mistakes of a transport, made around the one in memory. */
const BROKEN: Readonly<Record<string, (end: ClientEnd) => ClientEnd>> = {
  "one message at a time": (end) => {
    let last: Promise<unknown> = Promise.resolve();
    return {
      ...plain(end),
      request(message, room) {
        const reply = last.then(() => end.request(message, room));
        last = reply.catch(() => {});
        return reply;
      },
    };
  },
  "replies that are cut off": (end) => ({
    ...plain(end),
    request: async (message, room) => (await end.request(message, room)).subarray(0, 4096),
  }),
  "a conversation that never ends": (end) => ({ ...plain(end), close: async () => {} }),
};

function plain(end: ClientEnd): ClientEnd {
  return {
    request: (message, room) => end.request(message, room),
    close: () => end.close(),
    ...(end.reset && { reset: () => end.reset?.() ?? Promise.resolve() }),
  };
}

async function failuresWith(
  transport: Transport<never>,
  alter: (end: ClientEnd) => ClientEnd,
): Promise<string[]> {
  const { runner, run } = collectingRunner();
  transportCompliance(runner, "broken", {
    transport,
    options: () => ({ name: `broken-${++devices}` }),
    connect: async ({ name }) => alter(connect(String(name))),
    patienceMs: 400,
    print: () => {},
  });
  return failuresOf(await run());
}

test.each(Object.entries(BROKEN))(
  "the transport suite finds %s",
  async (_mistake, alter) => {
    expect(await failuresWith(memoryTransport as Transport<never>, alter)).not.toEqual([]);
  },
  60_000,
);

test("the transport suite finds a device that is not closed", async () => {
  const leaking: Transport<{ name: string }> = {
    ...memoryTransport,
    open: async (options, host) => ({
      ...(await memoryTransport.open(options, host)),
      close: async () => {},
    }),
  };
  expect(await failuresWith(leaking as Transport<never>, plain)).not.toEqual([]);
}, 60_000);
