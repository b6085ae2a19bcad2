import { close, ftruncate, memfdCreate, socketPair } from "@ninefold/native";
import { expect, test } from "vitest";
import { connectVhostUser, VhostUserFrontend, VhostUserGuest } from "../src/testing/index.ts";
import { encodeState, REQUEST } from "../src/vhost-user/message.ts";
import { echoed, message } from "./echo.ts";
import { listeningDevice, until } from "./test-host.ts";

const TWRITE = 118;

test("a ring stops when its requests are answered, not before", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  device.host.session.hold = true;
  const sent = [message(TWRITE, 10, 1), message(TWRITE, 2000, 2)];
  const replies = Promise.all(sent.map((each) => guest.request(each)));
  await until(() => device.host.session.held.length === 2);
  let base = -1;
  const stopped = guest.stop().then((at) => {
    base = at;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(base).toBe(-1);
  device.host.session.release();
  await stopped;
  expect(base).toBe(2);
  expect(await replies).toEqual(sent.map(echoed));
  await guest.close();
});

test("a VM that is paused and goes on keeps its session", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  await guest.request(message(TWRITE, 10));
  for (let pause = 0; pause < 3; pause++) {
    const base = await guest.stop();
    await guest.start(base);
    await guest.request(message(TWRITE, 10));
  }
  expect(device.host.session.resets).toBe(0);
  expect(device.host.session.handled).toBe(4);
  await guest.close();
});

test("a pause at the moment when the ring's index has come round to 0 is no reboot", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  const batch = Array.from({ length: 64 }, (_, tag) => message(TWRITE, 1, tag));
  for (let sent = 0; sent < 0x10000; sent += batch.length) {
    await Promise.all(batch.map((each) => guest.request(each)));
  }
  expect(await guest.stop()).toBe(0);
  await guest.start(0);
  await guest.request(batch[0]!);
  expect(device.host.session.resets).toBe(0);
  await guest.close();
});

test("a guest that reboots begins with a fresh session on the same connection", async () => {
  await using device = await listeningDevice();
  const frontend = VhostUserFrontend.connect(device.socket);
  for (let boot = 0; boot < 3; boot++) {
    const guest = new VhostUserGuest(frontend);
    if (boot === 0) await guest.realize();
    await guest.start();
    const sent = message(TWRITE, 100, boot);
    expect(await guest.request(sent)).toEqual(echoed(sent));
    expect(device.host.session.resets).toBe(boot);
    expect(await guest.stop()).toBe(1);
  }
  expect(device.host.sessions.length).toBe(1);
  await frontend.close();
});

test("a request that is under way when the memory table changes ends in the old memory, later ones use the new", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  const { regions } = guest.driver.memory;
  device.host.session.hold = true;
  const sent = [message(TWRITE, 5000, 1), message(TWRITE, 5000, 2)];
  const first = guest.request(sent[0]!, 8192);
  await until(() => device.host.session.held.length === 1);
  // The same guest memory, mapped once more: as when a VMM plugs memory in beside it.
  const extra = memfdCreate("extra");
  ftruncate(extra, 4096);
  const more = { guestAddress: 0x1000, size: 4096, userAddress: 0x1000, fileOffset: 0, fd: extra };
  await guest.frontend.setMemoryTable([...regions, more]);
  close(extra);
  const second = guest.request(sent[1]!, 8192);
  await until(() => device.host.session.held.length === 2);
  device.host.session.release();
  expect(await Promise.all([first, second])).toEqual(sent.map(echoed));
  await guest.close();
});

test("a memory table that does not fit the ring in use is refused, and the ring goes on", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  const fd = memfdCreate("short");
  ftruncate(fd, 4096);
  const region = { guestAddress: 0, size: 4096, userAddress: 0x1000, fileOffset: 0, fd };
  await expect(guest.frontend.setMemoryTable([region])).rejects.toThrow("refuses");
  await expect(guest.frontend.setMemoryTable([{ ...region, size: 8192 }])).rejects.toThrow("refuses");
  expect(device.host.lines.at(-1)).toMatch(
    /8192 bytes of guest memory at 0x0 cannot be mapped: .*beyond the file/,
  );
  const overlap = [region, { ...region, guestAddress: 100 }];
  await expect(guest.frontend.setMemoryTable(overlap)).rejects.toThrow("refuses");
  const sent = message(TWRITE, 100);
  expect(await guest.request(sent)).toEqual(echoed(sent));
  close(fd);
  await guest.close();
});

test("a guest that breaks its ring is cut off and told why, until it begins anew; others notice nothing", async () => {
  await using device = await listeningDevice();
  await using other = await listeningDevice();
  const neighbour = await connectVhostUser(other.socket);
  const frontend = VhostUserFrontend.connect(device.socket);
  const guest = new VhostUserGuest(frontend);
  await guest.realize();
  await guest.start();
  const lost = guest.request(message(TWRITE, 10));
  // The request is published in a microtask of this turn, and taken in a later one.
  await Promise.resolve();
  guest.driver.queue.rings.avail[1] = 1000;
  await until(() => device.host.events.length === 2);
  expect(device.host.events[1]).toMatchObject({
    kind: "disconnect",
    reason: expect.stringMatching(/\d+ requests/),
  });
  expect(device.host.lines.at(-1)).toMatch(/^error the guest's virtqueue is stopped/);
  const sent = message(TWRITE, 10);
  expect(await neighbour.request(sent)).toEqual(echoed(sent));

  await guest.stop();
  const reborn = new VhostUserGuest(frontend);
  await reborn.start();
  expect(await reborn.request(sent)).toEqual(echoed(sent));
  expect(device.host.session.resets).toBe(1);
  expect(device.host.events.map(({ kind }) => kind)).toEqual(["connect", "disconnect", "connect"]);
  guest.driver.end(new Error("given up"));
  await expect(lost).rejects.toThrow("given up");
  await reborn.close();
  await neighbour.close();
});

test("a kick that is no eventfd stops the ring instead of the event loop", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  const [kick, peer] = socketPair();
  close(peer);
  await guest.frontend.setDescriptor(REQUEST.SET_VRING_KICK, kick);
  await until(() => device.host.events.length === 2);
  expect(device.host.events[1]).toMatchObject({ reason: expect.stringContaining("is no eventfd") });
  close(kick);
  await guest.close();
});

test("a ring that is disabled waits, and goes on where it was", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  await guest.request(message(TWRITE, 10));
  await guest.frontend.setRing(REQUEST.SET_VRING_ENABLE, 0);
  const sent = message(TWRITE, 20);
  const reply = guest.request(sent);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(device.host.session.handled).toBe(1);
  await guest.frontend.setRing(REQUEST.SET_VRING_ENABLE, 1);
  expect(await reply).toEqual(echoed(sent));
  expect(device.host.session.resets).toBe(0);
  await guest.close();
});

test("the base of a ring that never ran is the one that was set", async () => {
  await using device = await listeningDevice();
  const frontend = VhostUserFrontend.connect(device.socket);
  await frontend.command(REQUEST.SET_VRING_BASE, encodeState(0, 77));
  expect(await frontend.getRingBase()).toBe(77);
  await frontend.close();
});
