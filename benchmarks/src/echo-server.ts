// echo-server.ts SOCKET: answers every message with one of the next type, 160 bytes long, and thinks nothing of it.
// What the generator reaches beside it is the generator's own limit. With a second argument it waits in the kernel, as the
// generator then does; without, both poll.
import { setTimeout as sleep } from "node:timers/promises";
import { acceptUnix, addressOf, Errno, listenUnix } from "@ninefold/native";
import { Endpoint } from "./endpoint.ts";

const REPLY_SIZE = 160;
const incoming = Buffer.alloc(1 << 16);
const outgoing = Buffer.alloc(1 << 20);
const incomingAt = addressOf(incoming);
const outgoingAt = addressOf(outgoing);

const listening = listenUnix(process.argv[2] ?? "");
let fd = acceptUnix(listening);
while (fd === -Errno.EAGAIN) {
  await sleep(5);
  fd = acceptUnix(listening);
}
const endpoint = new Endpoint(fd, { polls: process.argv[3] === undefined });
for (let end = 0; ; ) {
  const count = endpoint.read(incomingAt + end, incoming.length - end);
  if (count <= 0) break;
  end += count;
  let at = 0;
  let out = 0;
  while (end - at >= 7) {
    const size = incoming.readUInt32LE(at);
    if (end - at < size) break;
    outgoing.writeUInt32LE(REPLY_SIZE, out);
    outgoing[out + 4] = (incoming[at + 4] as number) + 1;
    outgoing.writeUInt16LE(incoming.readUInt16LE(at + 5), out + 5);
    out += REPLY_SIZE;
    at += size;
  }
  incoming.copyWithin(0, at, end);
  end -= at;
  if (endpoint.write(outgoingAt, out) < 0) break;
}
