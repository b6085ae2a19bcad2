import { unlinkSync } from "node:fs";
import { acceptUnix, close, listenUnix } from "@ninefold/native";
import { expect, test } from "vitest";
import { connectVhostUser, VhostUserFrontend, VhostUserGuest } from "../src/testing/index.ts";
import { echoed, message } from "./echo.ts";
import { listeningDevice, until } from "./test-host.ts";

const TREAD = 116;
const TWRITE = 118;

test.each([
  { eventIndex: true, indirect: true },
  { eventIndex: true, indirect: false },
  { eventIndex: false, indirect: true },
  { eventIndex: false, indirect: false },
])("a VMM connects, and messages of all sizes come back as they were sent: %o", async (features) => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket, { ...features, maxMessageSize: 300_000 });
  expect(guest.mountTag).toBe("share");
  for (const shape of [TREAD, TWRITE]) {
    for (const size of [17, 1040, 4096, 8192, 100_000]) {
      const sent = message(shape, size);
      expect(await guest.request(sent, 200_000)).toEqual(echoed(sent));
    }
  }
  await guest.close();
  await until(() => device.host.events.length === 2);
  expect(device.host.events.map(({ kind }) => kind)).toEqual(["connect", "disconnect"]);
  expect(device.host.session.isClosed).toBe(true);
  expect(device.host.maxMessageSizes).toEqual([1022 * 4096]);
});

test("requests that are answered late and out of order find their askers", async () => {
  await using device = await listeningDevice();
  const guest = await connectVhostUser(device.socket, { queueSize: 16 });
  device.host.session.later = 3;
  const sent = Array.from({ length: 100 }, (_, tag) => message(TWRITE, 30 + tag * 50, tag));
  device.host.session.hold = true;
  const replies = Promise.all(sent.map((each) => guest.request(each, 8192)));
  await until(() => device.host.session.held.length === 16);
  device.host.session.release();
  expect(await replies).toEqual(sent.map(echoed));
  await guest.close();
});

test("a tag of 255 bytes reaches the driver whole", async () => {
  const mountTag = `${"é".repeat(127)}x`;
  await using device = await listeningDevice({ mountTag });
  const guest = await connectVhostUser(device.socket);
  expect(guest.mountTag).toBe(mountTag);
  await guest.close();
});

test("a device that connects finds a VMM that listens only later, and the next one after it", async () => {
  await using device = await listeningDevice({ server: false });
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let vmm = 0; vmm < 2; vmm++) {
    const listening = listenUnix(device.socket);
    let fd = -1;
    await until(() => {
      fd = acceptUnix(listening);
      return fd >= 0;
    });
    close(listening);
    unlinkSync(device.socket);
    const guest = new VhostUserGuest(new VhostUserFrontend(fd));
    await guest.realize();
    await guest.start();
    const sent = message(TWRITE, 100);
    expect(await guest.request(sent)).toEqual(echoed(sent));
    await guest.close();
    await until(() => device.host.events.length === 2 * (vmm + 1));
  }
  expect(device.host.lines[0]).toBe("info waiting for a VMM that listens");
});

test("a VMM whose configuration space is too small for the tag is told what it needs", async () => {
  await using device = await listeningDevice({ mountTag: "a longer tag" });
  const frontend = VhostUserFrontend.connect(device.socket);
  // As crosvm and User-Mode Linux read it.
  await frontend.getConfig(2, 12);
  for (let size = 2; size <= 14; size++) await frontend.getConfig(0, size);
  await frontend.getConfig(0, 14);
  await frontend.getConfig(0, 64);
  expect(device.host.lines).toEqual([]);
  for (let i = 0; i < 3; i++) await frontend.getConfig(0, 7);
  expect(device.host.lines).toEqual([
    "warn the VMM gives the device 7 bytes of configuration: its mount tag needs config_size=14",
  ]);
  await frontend.close();
});
