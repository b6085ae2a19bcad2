// node loopback.mjs TAG ORDERxRINGSxROUNDS...: a front end in dom0 itself, on real grants and event channels.
// Each round attaches a device, works on it as a guest would, and ends it; a line of TAP for each word.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mount } from "@ninefold/client";
import { attachDevice, FrontEnd, openLoopbackDomain } from "@ninefold/transport-xen/testing";
import { connectXenStore } from "@ninefold/transport-xen/xenstore";

const [tag = "lab", ...shapes] = process.argv.slice(2);
const store = await connectXenStore();
const domain = openLoopbackDomain();
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What a leak would add to: descriptors, and pages of front ends that are mapped. */
function held(): string[] {
  const descriptors = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The one that listed the folder.
      return [];
    }
  });
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
  return [
    ...descriptors.filter((path) => path.startsWith("/dev/xen/")),
    ...maps.filter((line) => line.includes("gntalloc")),
  ];
}

async function work(order: number, rings: number, round: number): Promise<void> {
  const device = await attachDevice(store, { domid: 0, devid: 40, tag });
  const guest = await FrontEnd.connect({ store, domain, path: device.frontend, order, rings });
  const root = await mount(guest);
  const name = `loop-${order}-${rings}-${round}`;
  const bytes = randomBytes(Math.min(200_000, 4096 * 2 ** order * 3));
  await root.writeFile(name, bytes);
  const read = await root.readFile(name);
  await root.unlink(name);
  if (digest(read) !== digest(bytes)) throw new Error(`${name} is damaged`);
  if (guest.strays.length > 0) throw new Error(`${guest.strays.length} replies that nothing waited for`);
  // A guest that crashes and is destroyed, and one that shuts down, in turn.
  if (round % 2 === 1) {
    await device.destroy(60_000);
    guest.abandon();
  } else {
    await guest.close();
    await device.detach(60_000);
  }
}

let before: string[] | undefined;
for (const shape of shapes) {
  const [order = 9, rings = 2, rounds = 1] = shape.split("x").map(Number);
  const started = performance.now();
  try {
    for (let round = 0; round < rounds; round++) await work(order, rings, round);
    before ??= held();
    const after = held();
    if (after.length > before.length)
      throw new Error(`left over: ${after.join(", ")}; before: ${before.join(", ")}`);
    const ms = Math.round(performance.now() - started);
    console.log(`ok - loopback: order ${order}, ${rings} ring(s), ${rounds} device(s), ${ms} ms`);
  } catch (error) {
    console.log(`not ok - loopback: order ${order}, ${rings} ring(s): ${String(error)}`);
    process.exitCode = 1;
    break;
  }
}
domain.close();
await store.close();
