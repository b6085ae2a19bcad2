// A golden image that no guest can change, and for each guest a writable layer on top of it.
import { type Mount, mount } from "@ninefold/client";
import { definePlugin, FS_LAYER } from "@ninefold/core/contracts";
import { connect } from "@ninefold/transport-memory";
import { createBackend } from "ninefold";
import { overlay } from "./overlay.ts";

const layers = definePlugin({
  name: "overlay-9p-fs",
  apiVersion: 1,
  contributes: { "fs-layer": ["overlay"] },
  register: (registry) => registry.register(FS_LAYER, overlay),
});

const image = {
  driver: "memory",
  readonly: true,
  files: { "etc/motd": "golden\n", "etc/hosts": "127.0.0.1 localhost\n", "bin/tool": "#!/bin/sh\n" },
};
const fsdev = { ...image, layers: [{ layer: "overlay" }] };

await using backend = await createBackend({
  inline: true,
  plugins: [layers],
  fsdevs: { one: fsdev, two: fsdev },
  devices: ["one", "two"].map((name) => ({ type: "9p-memory", fsdev: name, mount_tag: "root", name })),
});

async function show(who: string, guest: Mount): Promise<void> {
  const names = (await guest.readdir("etc")).map(({ name }) => name).sort();
  const motd = new TextDecoder().decode(await guest.readFile("etc/motd")).trim();
  console.log(`${who}: etc has ${names.join(", ")}; motd says "${motd}"`);
}
{
  await using one = await mount(connect("one"));
  await using two = await mount(connect("two"));
  await show("one", one);
  await one.writeFile("etc/motd", "changed by one\n");
  await one.unlink("etc/hosts");
  await one.writeFile("etc/new", "made by one\n");
  await one.rename("bin", "usr-bin");
  await show("one", one);
  await show("two", two);
  console.log(`one: ${(await one.readdir("")).map(({ name }) => name).sort()}`);
  console.log(`two: ${(await two.readdir("")).map(({ name }) => name).sort()}`);
}
void backend;
