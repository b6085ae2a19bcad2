import { join } from "node:path";
import type { Logger } from "@ninefold/core/contracts";
import { close, dup, getOpenFileLimit, setOpenFileLimit } from "@ninefold/native";
import { unixTransport } from "@ninefold/transport-socket";
import { expect, onTestFinished, test } from "vitest";
import { LONG, message, NOW, quiet, RawPeer, temporaryFolder, testHost, u32, until } from "./helpers.ts";

test("a server without descriptors left says so, burns no processor, and accepts when there are some again", async () => {
  const folder = await temporaryFolder();
  const errors: string[] = [];
  const log: Logger = { ...quiet, error: (message) => errors.push(String(message)) };
  const host = { ...testHost(folder), log };
  const endpoint = await unixTransport.open({ path: "s", "socket-mode": 0o600 }, host);
  onTestFinished(() => endpoint.close());
  const limit = getOpenFileLimit();
  onTestFinished(() => {
    setOpenFileLimit(limit.soft);
  });
  // The peer's end takes the last one.
  const last = dup(0);
  close(last);
  setOpenFileLimit(last + 1);
  const peer = new RawPeer({ path: join(folder, "s") });
  await until(() => errors.length > 0);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(300_000);
  expect(errors.length).toBeLessThan(30);
  setOpenFileLimit(limit.soft);
  peer.socket.write(message(NOW, 1));
  expect(await peer.have(1)).toHaveLength(1);
});

test("a peer that closed its end and does not read its replies is cut off after a while", async () => {
  const folder = await temporaryFolder();
  const host = testHost(folder);
  const endpoint = await unixTransport.open({ path: "s", "socket-mode": 0o600 }, host);
  onTestFinished(() => endpoint.close());
  const peer = new RawPeer({ path: join(folder, "s") });
  await until(() => host.sessions.length === 1);
  peer.socket.pause();
  // More than the kernel takes, and less than what makes the server stop reading.
  for (let tag = 0; tag < 50; tag++) peer.socket.write(message(LONG, tag, u32(8000)));
  peer.socket.end();
  const begin = performance.now();
  for (; host.events.length < 2 && performance.now() - begin < 9000; )
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(host.events[1]).toMatchObject({ kind: "disconnect", reason: "closed by the peer" });
  expect(performance.now() - begin).toBeGreaterThan(4000);
});
