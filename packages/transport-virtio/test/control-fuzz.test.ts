import { close, createEventFd } from "@ninefold/native";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  connectVhostUser,
  FrontendMemory,
  FrontendQueue,
  memoryTable,
  ringAddresses,
  VhostUserFrontend,
} from "../src/testing/index.ts";
import { encodeState, encodeU64, REQUEST } from "../src/vhost-user/message.ts";
import { echoed, message } from "./echo.ts";
import { listeningDevice, openDescriptors, until } from "./test-host.ts";

/*
 * A VMM that sends its messages in any order, spoilt or not, over a ring and memory that are spoilt or not: the process
 * lives, keeps no descriptor, and serves the next VMM.
 */

const spoil = fc.option(fc.record({ at: fc.nat({ max: 300 }), byte: fc.nat({ max: 255 }) }), { freq: 3 });
const step = fc.record({
  kind: fc.constantFrom(
    ...["features", "memory", "size", "base", "addresses", "kick", "call", "enable", "disable", "stop"],
    ...["owner", "kicked", "scribble", "random", "config"],
  ),
  spoil,
  fds: fc.nat({ max: 3 }),
  number: fc.nat({ max: 255 }),
});

test("no order of messages, spoilt or not, ends the process, keeps a descriptor, or harms the next VMM", async () => {
  await using device = await listeningDevice();
  const healthy = async () => {
    const guest = await connectVhostUser(device.socket, { maxMessageSize: 4096, queueSize: 8 });
    const sent = message(118, 50);
    expect(await guest.request(sent)).toEqual(echoed(sent));
    await guest.close();
  };
  await healthy();
  await until(() => device.host.events.length === 2);
  const before = openDescriptors();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, inOrder) => {
      const frontend = VhostUserFrontend.connect(device.socket);
      const memory = new FrontendMemory([65536, 4096]);
      const queue = new FrontendQueue(memory, 8, { eventIndex: true, indirect: true });
      const [kick, call] = [createEventFd(), createEventFd()];
      const { descriptors, avail, used } = queue.addresses;
      const user = (address: number) => memory.userAddress(address);
      const [table, regions] = memoryTable(memory.regions);
      const messages: Record<string, [number, Uint8Array, number[]]> = {
        features: [REQUEST.SET_FEATURES, encodeU64(0x7000_0001, 1), []],
        memory: [REQUEST.SET_MEM_TABLE, table, regions],
        size: [REQUEST.SET_VRING_NUM, encodeState(0, 8), []],
        base: [REQUEST.SET_VRING_BASE, encodeState(0, 0), []],
        addresses: [
          REQUEST.SET_VRING_ADDR,
          ringAddresses({ descriptors: user(descriptors), avail: user(avail), used: user(used) }),
          [],
        ],
        kick: [REQUEST.SET_VRING_KICK, encodeU64(0, 0), [kick]],
        call: [REQUEST.SET_VRING_CALL, encodeU64(0, 0), [call]],
        enable: [REQUEST.SET_VRING_ENABLE, encodeState(0, 1), []],
        disable: [REQUEST.SET_VRING_ENABLE, encodeState(0, 0), []],
        stop: [REQUEST.GET_VRING_BASE, encodeState(0, 0), []],
        owner: [REQUEST.RESET_OWNER, new Uint8Array(0), []],
        config: [REQUEST.GET_CONFIG, new Uint8Array(16), []],
      };
      const usual = ["features", "memory", "size", "base", "addresses", "call", "kick", "enable"];
      if (inOrder) for (const kind of usual) await frontend.command(...messages[kind]!);
      for (const { kind, spoil: damage, fds, number } of steps) {
        if (kind === "kicked") {
          const area = memory.mark();
          queue.add([
            { address: area, length: 20, writable: false },
            { address: area + 20, length: 20, writable: true },
          ]);
          queue.publish();
          await frontend.setDescriptor(REQUEST.SET_VRING_KICK, kick).catch(() => undefined);
        } else if (kind === "scribble") {
          const part = [descriptors, avail, used][number % 3]!;
          memory.write(part + ((damage?.at ?? 2) % 128), Uint8Array.of(damage?.byte ?? number));
        } else {
          const [request, payload, own] = messages[kind] ?? [number, new Uint8Array(number), []];
          const bytes = payload.slice();
          if (damage !== null && damage.at < bytes.length) bytes[damage.at] = damage.byte;
          const passed = damage === null ? own : [...own, call, kick].slice(0, fds);
          // Whatever is answered, or nothing: the next message follows at once.
          frontend.ask(request, bytes, passed, 8).catch(() => undefined);
        }
      }
      await Promise.race([
        frontend.getFeatures().catch(() => undefined),
        frontend.closed.catch(() => undefined),
      ]);
      await frontend.close().catch(() => undefined);
      memory.close();
      close(kick);
      close(call);
      await until(() => device.host.events.at(-1)?.kind === "disconnect");
    }),
    { numRuns: 120 },
  );
  await healthy();
  await until(
    () => device.host.events.at(-1)?.kind === "disconnect" && openDescriptors().length === before.length,
  );
  expect(openDescriptors()).toEqual(before);
});
