import type { FrontEnd } from "../../src/testing/index.ts";
import { type DeviceBench, deviceBench } from "../device-bench.ts";
import { message } from "../stub-session.ts";
import { Random } from "./random.ts";

/** A device whose front end keeps to the rules, in the same process: it must not notice the others. */
export async function honestDevice(): Promise<{
  bench: DeviceBench;
  guest: FrontEnd;
  check(): Promise<void>;
  close(): Promise<void>;
}> {
  const bench = await deviceBench({ devid: 7 });
  const endpoint = await bench.serve();
  const guest = await bench.guest({ order: 2 });
  let tag = 0;
  return {
    bench,
    guest,
    check: async () => {
      tag = (tag + 1) & 0xfff;
      const reply = await guest.request(message(50, tag, Uint8Array.of(tag & 0xff)));
      if (reply[7] !== (tag & 0xff)) throw new Error("an honest device got another's answer");
    },
    close: async () => {
      await guest.close();
      await endpoint.close();
    },
  };
}

/** One hostile life of one device: nodes, references, orders, ports, states and ring pages. */
export async function runDeviceCase(seed: number): Promise<{ readonly closed: boolean }> {
  const random = new Random(seed);
  const bench = await deviceBench();
  const endpoint = await bench.serve();
  const domain = bench.xen.domain(1);
  const { frontend, backend } = bench.device;
  const granted = domain.grant(9);
  for (let i = 0; i < granted.bytes.length; i += 4096) {
    if (random.chance(2)) granted.bytes.set(random.bytes(140), i);
  }
  // The first page is an interface page more often than not.
  const view = new DataView(granted.bytes.buffer, granted.bytes.byteOffset);
  view.setUint32(128, random.pick([0, 1, 2, 3, 4, 9, 10, 31, 2 ** 32 - 1]), true);
  for (let i = 0; i < 8; i++) view.setUint32(132 + 4 * i, granted.refs[i + 1] as number, true);
  if (random.chance(3)) view.setUint32(132 + 4 * random.below(8), random.u32(), true);
  const port = domain.allocatePort(() => {});
  const number = (right: number): string =>
    random.chance(6)
      ? random.pick(["", "-1", "0", "x", "4294967295", "4294967296", "1e3", " 1", "\0"])
      : String(right);
  await bench.store.transaction(async (nodes) => {
    await nodes.write(`${frontend}/version`, number(1));
    const rings = 1 + random.below(2);
    await nodes.write(`${frontend}/num-rings`, number(rings));
    for (let i = 0; i < rings; i++) {
      await nodes.write(
        `${frontend}/ring-ref${i}`,
        number(random.chance(4) ? random.u32() : (granted.refs[0] as number)),
      );
      await nodes.write(
        `${frontend}/event-channel-${i}`,
        number(i === 0 ? port.port : domain.allocatePort(() => {}).port),
      );
    }
  });
  for (let step = 0; step < 1 + random.below(5); step++) {
    await bench.store.write(
      `${frontend}/state`,
      random.chance(4) ? String(random.below(9)) : random.pick(["3", "3", "4", "6", "1"]),
    );
    if (random.chance(3)) await new Promise((done) => setImmediate(done));
    for (const offset of [0, 4, 64, 68])
      if (random.chance(3)) view.setUint32(offset, random.nasty(4096), true);
    port.notify();
    if (random.chance(3)) await new Promise((done) => setTimeout(done, 1));
  }
  if (random.chance(2)) await bench.store.rm(frontend);
  else await bench.store.write(`${frontend}/state`, "6");
  await endpoint.close();
  const state = await bench.store.read(`${backend}/state`);
  if (bench.xen.mapped !== 0) throw new Error(`${bench.xen.mapped} areas are still mapped`);
  if (bench.lines.some((line) => line.includes("life failed"))) throw new Error(bench.lines.join("\n"));
  return { closed: state === "6" };
}
