import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { attachDevice, type MemoryXen, memoryXen, waitForNode } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Backend, type BackendOptions, createBackend } from "../src/index.ts";

describe("a toolstack's limits", () => {
  let folder: string;
  let xen: MemoryXen;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-xen-limits-")));
    mkdirSync(join(folder, "a"));
    xen = memoryXen();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (options: Partial<BackendOptions>): Promise<Backend> =>
    createBackend({ inline: true, baseDirectory: folder, ...options, plugins: [xen.plugin] });

  const attach = (nodes: Readonly<Record<string, string>>) =>
    attachDevice(xen.store, { domid: 1, devid: 0, tag: "data", path: join(folder, "a"), nodes });

  async function refusal(device: { backend: string }): Promise<string> {
    await waitForNode(xen.store, `${device.backend}/state`, "6", 5_000);
    return (await xen.store.read("/local/domain/0/error/backend/xen_9pfs/1/0/error")) ?? "";
  }

  it("max-space and max-files are enforced around an fsdev that is made for the offer", async () => {
    await using _backend = await start({ xen: { attach: "xenstore", allow: [folder] } });
    const device = await attach({ "max-space": "1", "max-files": "3" });
    const tree = await mount(await xen.connect(device));
    await expect(tree.writeFile("big", new Uint8Array(2 ** 21))).rejects.toMatchObject({ code: "ENOSPC" });
    await tree.unlink("big");
    for (const name of ["1", "2", "3"]) await tree.writeFile(name, "x");
    await expect(tree.writeFile("4", "x")).rejects.toMatchObject({ code: "ENOSPC" });
    await tree.close();
    await device.destroy();
  });

  it("auto-delete makes room by the oldest files", async () => {
    for (const name of ["1", "2", "3"]) writeFileSync(join(folder, "a", name), name);
    await using _backend = await start({ xen: { attach: "xenstore", allow: [folder] } });
    const device = await attach({ "max-files": "3", "auto-delete": "1" });
    const tree = await mount(await xen.connect(device));
    await tree.writeFile("4", "x");
    const names = (await tree.readdir("")).map(({ name }) => name).sort();
    expect(names).toHaveLength(3);
    expect(names).toContain("4");
    await tree.close();
    await device.destroy();
  });

  it("an fsdev that is configured is not bound by one guest's limits: refused, and said how to mend", async () => {
    const fsdevs = { a: { driver: "local", path: "a", security_model: "none" } };
    const devices = [{ id: "d0", type: "virtio-9p-pci", fsdev: "a", mount_tag: "data" }];
    await using _backend = await start({ fsdevs, devices, xen: { attach: "steal" } });
    expect(await refusal(await attach({ "max-space": "64", "auto-delete": "1" }))).toContain(
      'the toolstack asks for max-space=64 (MiB), auto-delete=1, and fsdev "a" is configured without: give it a layer quota',
    );
  });

  it.each([
    ["as narrow", { "max-space": "64M" }, undefined],
    ["wider", { "max-space": "65M" }, "is configured without"],
    ["of something else", { "max-files": 5 }, "is configured without"],
  ])("an fsdev with a quota that is %s", async (_how, quota, problem) => {
    const fsdevs = {
      a: { driver: "local", path: "a", security_model: "none", layers: [{ layer: "quota", ...quota }] },
    };
    const devices = [{ id: "d0", type: "virtio-9p-pci", fsdev: "a", mount_tag: "data" }];
    await using _backend = await start({ fsdevs, devices, xen: { attach: "steal" } });
    const device = await attach({ "max-space": "64" });
    if (problem !== undefined) {
      expect(await refusal(device)).toContain(problem);
      return;
    }
    await (await mount(await xen.connect(device))).close();
    await device.destroy();
  });

  it("limits=refuse refuses any; limits=ignore serves without", async () => {
    const options = { attach: "xenstore", allow: [folder] };
    {
      await using _backend = await start({ xen: { ...options, limits: "refuse" } });
      expect(await refusal(await attach({ "max-files": "1" }))).toContain("max-files=1");
    }
    xen = memoryXen();
    await using _backend = await start({ xen: { ...options, limits: "ignore" } });
    const tree = await mount(await xen.connect(await attach({ "max-files": "1" })));
    for (const name of ["1", "2"]) await tree.writeFile(name, "x");
    await tree.close();
  });
});
