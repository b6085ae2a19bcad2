// The guest: a 9P client in a worker thread.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Channel, mount } from "@ninefold/client";

/** A port as the client's channel: replies are told apart by their tags. */
function portChannel(port: MessagePort): Channel {
  const waiting = new Map<number, (reply: Uint8Array) => void>();
  const tagOf = (message: Uint8Array): number => (message[5] ?? 0) | ((message[6] ?? 0) << 8);
  port.on("message", (reply: Uint8Array) => waiting.get(tagOf(reply))?.(reply));
  return {
    maxMessageSize: 64 * 1024,
    request: (message) =>
      new Promise((resolve) => {
        waiting.set(tagOf(message), resolve);
        port.postMessage(message);
      }),
    close: async () => port.close(),
  };
}

await using share = await mount(portChannel(workerData as MessagePort));
const task = new TextDecoder().decode(await share.readFile("task.txt"));
const [a = 0, b = 0] = task.split("*").map(Number);
await share.writeFile("result.txt", String(a * b));
parentPort?.postMessage(`${task} = ${new TextDecoder().decode(await share.readFile("result.txt"))}`);
