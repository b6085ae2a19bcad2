import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isConfigError } from "@ninefold/core/contracts";
import { afterAll, expect, test } from "vitest";
import plugin, { type VirtioOptions, virtio } from "../src/index.ts";
import { TestHost } from "./test-host.ts";

const folder = mkdtempSync(join(tmpdir(), "ninefold-virtio-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(options: unknown): Promise<VirtioOptions | string> {
  const result = await virtio.schema["~standard"].validate(options);
  return result.issues === undefined ? result.value : result.issues.map(({ message }) => message).join("; ");
}

test("options are read from a command line's text as from a file's data", async () => {
  expect(await check({ socket: "a.sock" })).toEqual({ socket: "a.sock", server: true });
  const line = { socket: "a.sock", "socket-mode": "0660", "socket-group": "1000", server: "off" };
  const file = { socket: "a.sock", "socket-mode": "660", "socket-group": 1000, server: false };
  const read = { socket: "a.sock", "socket-mode": 0o660, "socket-group": "1000", server: false };
  expect(await check(line)).toEqual(read);
  expect(await check(file)).toEqual(read);
});

test.each([
  [{ socket: "s", soket: 1 }, /soket/],
  [{ socket: "" }, /must be a path/],
  [{ socket: "x".repeat(108) }, /at most 107 bytes.*has 108/],
  [{ socket: "é".repeat(60) }, /has 120/],
  [{ socket: "s", "socket-mode": 660 }, /octal digits/],
  [{ socket: "s", "socket-mode": "0800" }, /octal digits/],
  [{ socket: "s", server: "maybe" }, /on or off/],
  [{ socket: "s", "socket-group": "" }, /group/],
])("%o is refused", async (options, message) => {
  expect(await check(options)).toMatch(message);
});

test("a device without a socket connects to nothing", () => {
  expect(virtio.connects?.({ server: true })).toBe(false);
  expect(virtio.connects?.({ server: true, socket: "s" })).toBe(true);
});

test("the plugin registers what it says", () => {
  const registered: unknown[] = [];
  plugin.register({ register: (_, value) => registered.push(value) });
  expect(registered).toEqual([virtio]);
  expect(plugin.contributes).toEqual({ transport: [virtio.name] });
});

test("who may connect is what the options say", async () => {
  const host = new TestHost(folder);
  for (const [options, mode, gid] of [
    [{}, 0o600, undefined],
    [{ "socket-mode": 0o666 }, 0o666, undefined],
    [{ "socket-group": String(process.getgid!()) }, 0o660, process.getgid!()],
    [{ "socket-mode": 0o640, "socket-group": "root" }, 0o640, 0],
  ] as const) {
    if (gid === 0 && process.getuid!() !== 0) continue;
    const endpoint = await virtio.open({ socket: "who", server: true, ...options }, host);
    const stat = statSync(join(folder, "who"));
    expect(stat.mode & 0o7777).toBe(mode);
    if (gid !== undefined) expect(stat.gid).toBe(gid);
    await endpoint.close();
  }
});

test("what cannot be opened says which option to change", async () => {
  const host = new TestHost(folder);
  const open = (options: Partial<VirtioOptions>, on = host) =>
    virtio.open({ server: true, ...options }, on).then(
      () => expect.unreachable(),
      (error: unknown) => error as Error & { option?: string; code: string },
    );
  const deep = new TestHost(join(folder, "d".repeat(100)));
  for (const [error, option] of [
    [await open({}), "socket"],
    [await open({ socket: "s" }, deep), "socket"],
    [await open({ socket: "s", "socket-group": "no such group" }), "socket-group"],
    [await open({ socket: "s" }, new TestHost(folder, "")), "mount_tag"],
    [await open({ socket: "s" }, new TestHost(folder, "x".repeat(256))), "mount_tag"],
  ] as const) {
    expect(isConfigError(error)).toBe(true);
    expect(error.option).toBe(option);
  }
  expect((await open({ socket: "s" }, deep)).message).toMatch(/at most 107 bytes.*and has 1\d\d/);
  writeFileSync(join(folder, "file"), "");
  expect((await open({ socket: "file" })).code).toBe("EADDRINUSE");
  expect(statSync(join(folder, "file")).isFile()).toBe(true);
});

test("a second device on the same socket is refused, and the first goes on listening", async () => {
  const host = new TestHost(folder);
  const first = await virtio.open({ socket: "same", server: true }, host);
  await expect(virtio.open({ socket: "same", server: true }, host)).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  expect(statSync(join(folder, "same")).isSocket()).toBe(true);
  await first.close();
});

test("the usage lines can be pasted as they are", async () => {
  const host = new TestHost(folder, "my share");
  const endpoint = await virtio.open({ socket: "a,b.sock", server: true }, host);
  const text = Object.fromEntries(
    endpoint.usage.map((line) => [line.title.split(/[ ,]/, 3).join(" "), line.text]),
  );
  const all = endpoint.usage.map((line) => line.text).join("\n");
  expect(all).toContain(`path=${folder}/a,,b.sock`);
  expect(all).toContain(
    "vhost-user-test-device-pci,chardev=share-my_share,virtio-id=9,num_vqs=1,vq_size=128,config_size=10",
  );
  expect(all).toContain("-M microvm,memory-backend=mem -global virtio-mmio.force-legacy=false");
  expect(all).toContain(`virtio_uml.device=${folder}/a,b.sock:9`);
  expect(text["in the guest"]).toBe(
    "mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 'my share' /mnt",
  );
  await endpoint.close();

  const connecting = await virtio.open({ socket: "vmm.sock", server: false }, host);
  const lines = connecting.usage.map((line) => line.text).join("\n");
  expect(lines).toContain("vmm.sock,server=on,wait=on");
  expect(lines).not.toContain("virtio_uml");
  await connecting.close();
});

test("a tag that QEMU has no room for is not promised to QEMU", async () => {
  const endpoint = await virtio.open({ socket: "long", server: true }, new TestHost(folder, "x".repeat(255)));
  expect(endpoint.usage.map(({ title }) => title)).toEqual(["User-Mode Linux", "in the guest"]);
  await endpoint.close();
});
