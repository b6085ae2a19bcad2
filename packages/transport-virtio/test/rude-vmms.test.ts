import { existsSync, statSync } from "node:fs";
import { close, createEventFd } from "@ninefold/native";
import { expect, test } from "vitest";
import { connectVhostUser, FrontendMemory, memoryTable, VhostUserFrontend } from "../src/testing/index.ts";
import { encodeState, encodeU64, REQUEST } from "../src/vhost-user/message.ts";
import { echoed, message } from "./echo.ts";
import { listeningDevice, openDescriptors, until } from "./test-host.ts";

const TWRITE = 118;

/** A guest is served as if nothing had been. */
async function expectService(socket: string): Promise<void> {
  const guest = await connectVhostUser(socket, { maxMessageSize: 8192 });
  const sent = message(TWRITE, 100);
  expect(await guest.request(sent)).toEqual(echoed(sent));
  await guest.close();
}

test("fifty VMMs in a row are served, and leave no descriptor behind", async () => {
  await using device = await listeningDevice();
  await expectService(device.socket);
  await until(() => device.host.events.length === 2);
  const before = openDescriptors();
  for (let vmm = 0; vmm < 50; vmm++) await expectService(device.socket);
  await until(() => device.host.events.length === 102);
  expect(openDescriptors()).toEqual(before);
  expect(device.host.sessions.every(({ isClosed }) => isClosed)).toBe(true);
});

test("a second VMM waits until the first has left, and the log says so", async () => {
  await using device = await listeningDevice();
  const first = await connectVhostUser(device.socket);
  const second = connectVhostUser(device.socket);
  await until(() => device.host.lines.some((line) => line.includes("another VMM waits")));
  expect(device.host.sessions.length).toBe(1);
  await first.close();
  const guest = await second;
  const sent = message(TWRITE, 10);
  expect(await guest.request(sent)).toEqual(echoed(sent));
  await guest.close();
});

test("a VMM that is killed in the middle of any message leaves nothing behind", async () => {
  await using device = await listeningDevice();
  await expectService(device.socket);
  await until(() => device.host.events.length === 2);
  const before = openDescriptors();
  const memory = new FrontendMemory([8192, 4096]);
  const [payload, fds] = memoryTable(memory.regions);
  const frame = Buffer.concat([
    Buffer.from([REQUEST.SET_MEM_TABLE, 0, 0, 0, 9, 0, 0, 0, payload.length, 0, 0, 0]),
    payload,
  ]);
  for (const length of [1, 11, 12, 13, 40, frame.length - 1, frame.length]) {
    const frontend = VhostUserFrontend.connect(device.socket);
    await frontend.getFeatures();
    await frontend.sendBytes(frame.subarray(0, length), fds);
    await frontend.close();
  }
  memory.close();
  await until(() => device.host.events.length === 16);
  expect(openDescriptors()).toEqual(before);
  await expectService(device.socket);
});

test("a VMM that is killed with requests under way is waited out, then the next is served", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  const { session } = device.host;
  session.hold = true;
  const lost = guest.request(message(TWRITE, 50_000));
  await until(() => session.held.length === 1);
  await guest.close();
  await expect(lost).rejects.toThrow("closed");
  const next = connectVhostUser(device.socket);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([session.isClosed, device.host.sessions.length]).toEqual([false, 1]);
  session.release();
  await (await next).close();
  expect(session.isClosed).toBe(true);
});

test("a refused message is acknowledged as such, brings no descriptor in, and the connection goes on", async () => {
  await using device = await listeningDevice();
  const frontend = VhostUserFrontend.connect(device.socket);
  await frontend.getFeatures();
  const before = openDescriptors();
  const fd = createEventFd();
  const wrong: [number, Uint8Array, number[]][] = [
    [99, new Uint8Array(0), [fd]],
    [REQUEST.SET_CONFIG, new Uint8Array(20), []],
    [REQUEST.SET_VRING_NUM, new Uint8Array(5), [fd, fd]],
    [REQUEST.SET_VRING_NUM, encodeState(0, 3), []],
    [REQUEST.SET_VRING_KICK, encodeU64(3, 0), [fd]],
    [REQUEST.SET_MEM_TABLE, new Uint8Array(8).fill(1), [fd]],
  ];
  for (const [request, payload, fds] of wrong) {
    await expect(frontend.command(request, payload, fds)).rejects.toThrow("refuses");
  }
  // Descriptors that a message has no use for are closed, and the message is obeyed.
  await frontend.command(REQUEST.SET_OWNER, new Uint8Array(0), [fd, fd]);
  await frontend.send(98, new Uint8Array(3), [fd]);
  await frontend.getFeatures();
  close(fd);
  expect(openDescriptors()).toEqual(before);
  expect(device.host.lines.filter((line) => line.startsWith("warn")).length).toBe(wrong.length + 1);
  await frontend.close();
});

test("a VMM that asks what cannot be answered is let go with the reason", async () => {
  await using device = await listeningDevice();
  const frontend = VhostUserFrontend.connect(device.socket);
  await expect(frontend.ask(REQUEST.GET_VRING_BASE, new Uint8Array(3))).rejects.toThrow("gone");
  await until(() => device.host.events.length === 2);
  expect(device.host.events[1]).toMatchObject({ reason: "GET_VRING_BASE has a payload of 3 bytes" });
  await frontend.close();
  await expectService(device.socket);
});

test("bytes that are no messages end the connection", async () => {
  await using device = await listeningDevice();
  const frontend = VhostUserFrontend.connect(device.socket);
  await frontend.sendBytes(new Uint8Array(64).fill(0xff));
  await frontend.closed;
  await until(() => device.host.events.length === 2);
  await expectService(device.socket);
});

test("a device that is closed takes its VMM's connection and its socket along", async () => {
  const device = await listeningDevice();
  const guest = await connectVhostUser(device.socket);
  expect(statSync(device.socket).mode & 0o7777).toBe(0o600);
  await device.endpoint.close();
  await guest.frontend.closed;
  await expect(guest.request(message(TWRITE, 1))).rejects.toThrow("gone");
  expect(existsSync(device.socket)).toBe(false);
  expect(device.host.session.isClosed).toBe(true);
  expect(device.host.events.map(({ kind }) => kind)).toEqual(["connect", "disconnect"]);
  await guest.close();
  await device[Symbol.asyncDispose]();
});

test("a session that cannot be opened costs that VMM its connection, and no descriptor", async () => {
  await using device = await listeningDevice();
  await expectService(device.socket);
  await until(() => device.host.events.length === 2);
  const before = openDescriptors();
  const { openSession } = device.host;
  device.host.openSession = () => {
    throw new Error("no more sessions");
  };
  const frontend = VhostUserFrontend.connect(device.socket);
  await frontend.closed;
  device.host.openSession = openSession;
  expect(device.host.lines.at(-1)).toBe("error a VMM could not be served: no more sessions");
  await expectService(device.socket);
  await until(() => device.host.events.length === 4);
  expect(openDescriptors()).toEqual(before);
});
