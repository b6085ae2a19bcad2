import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mount } from "@ninefold/client";
import { connectVhostUser } from "@ninefold/transport-virtio/testing";
import { attachDevice, serveXenStore } from "@ninefold/transport-xen/testing";
import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
import { expect, it, onTestFinished } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

const PLUGIN = fileURLToPath(new URL("./fixtures/rings-of-nobody.ts", import.meta.url));

it("a VMM's device is taken from a lane's process, and given back, for offers of an xenstored", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-steal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "share"));
  writeFileSync(join(folder, "share/name"), "shared");
  const store = new MemoryXenStore();
  const xenstored = await serveXenStore(store, join(folder, "xenstored"));
  onTestFinished(() => xenstored.close());
  const socket = join(folder, "v.sock");
  const server = new RunningNinefold([
    ...[
      "-xen-attach",
      "--attach",
      "steal,force=on",
      "--xenstore",
      join(folder, "xenstored"),
      "--plugin",
      PLUGIN,
    ],
    ...[
      "-fsdev",
      `local,id=a,path=${folder}/share,security_model=none`,
      "--control",
      join(folder, "control"),
    ],
    ...["-device", `virtio-9p-pci,id=d0,fsdev=a,mount_tag=data,socket=${socket}`],
  ]);
  await server.serving();
  const stateOfDevice = async (): Promise<unknown> => {
    const asked = new RunningNinefold(["status", "--json", "--control", join(folder, "control")]);
    await asked.ended();
    return JSON.parse(asked.stdout).devices[0].state;
  };
  const vmm = await connectVhostUser(socket);
  const mounted = await mount(vmm);
  const read = async (tree = mounted): Promise<string> =>
    new TextDecoder().decode(await tree.readFile("name"));
  expect(await read()).toBe("shared");

  const device = await attachDevice(store, { domid: 4, devid: 0, tag: "data" });
  await expect.poll(stateOfDevice, { timeout: 10_000 }).toBe("taken");
  await expect(read()).rejects.toMatchObject({ code: "ENODEV" });

  await store.rm(device.backend);
  await expect.poll(stateOfDevice, { timeout: 10_000 }).toBe("connected");
  await expect(read()).rejects.toMatchObject({ code: "ENODEV" });
  expect(await read(await mount(vmm))).toBe("shared");
  await vmm.close();
  server.child.kill("SIGINT");
  expect(await server.ended()).toBe(0);
});
