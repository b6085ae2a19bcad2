// A backend inside of one's own program, with a driver that is a live object: what guests write, the program sees.
import { mount } from "@ninefold/client";
import { definePlugin, FS_DRIVER, type FsDriver, IoVec, OPEN } from "@ninefold/core/contracts";
import { memoryDriver, memoryTree } from "@ninefold/fs-memory";
import { connect } from "@ninefold/transport-memory";
import { createBackend } from "ninefold";

const shared = await memoryTree({ files: { "greeting.txt": "hello from the program\n" } });
const liveDriver: FsDriver = { ...memoryDriver, name: "live", open: async () => shared };
const live = definePlugin({
  name: "live",
  apiVersion: 1,
  contributes: { "fs-driver": ["live"] },
  register: (registry) => registry.register(FS_DRIVER, liveDriver),
});

await using backend = await createBackend({
  inline: true,
  plugins: [live],
  fsdevs: { fs0: { driver: "live" } },
  devices: [{ type: "9p-memory", fsdev: "fs0", mount_tag: "host", name: "here" }],
});
backend.events.on("connect", ({ device }) => console.log(`a guest is at ${device}`));

{
  await using guest = await mount(connect("here"));
  console.log(`the guest reads: ${new TextDecoder().decode(await guest.readFile("greeting.txt")).trim()}`);
  await guest.writeFile("answer.txt", "hello from the guest\n");
}

const root = await shared.attach("", { name: "", uid: -1 });
const answer = await (await root.lookup("answer.txt")).open(OPEN.READ);
const room = new Uint8Array(100);
const count = await answer.read(0, IoVec.of(room));
console.log(`the program reads: ${new TextDecoder().decode(room.subarray(0, count)).trim()}`);
await answer.close();
