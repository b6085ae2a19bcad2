// A transport of one's own: 9P over a message port. The guest is a worker thread, with a file system of the main thread.
import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { createBackend } from "ninefold";
import plugin, { attachPort } from "./port-transport.ts";

await using backend = await createBackend({
  inline: true,
  plugins: [plugin],
  fsdevs: { fs0: { driver: "memory", files: { "task.txt": "6 * 7" } } },
  devices: [{ type: "9p-port", fsdev: "fs0", mount_tag: "share", name: "worker" }],
});
backend.events.on("connect", ({ peer }) => console.log(`connected by ${peer.description}`));
const gone = new Promise<void>((resolve) => {
  backend.events.on("disconnect", ({ reason }) => {
    console.log(`disconnected: ${reason}`);
    resolve();
  });
});

const { port1, port2 } = new MessageChannel();
attachPort("worker", port2);
const guest = new Worker(new URL("guest.ts", import.meta.url), { workerData: port1, transferList: [port1] });
guest.on("message", (line: string) => console.log(`the guest says: ${line}`));
await once(guest, "exit");
await gone;
