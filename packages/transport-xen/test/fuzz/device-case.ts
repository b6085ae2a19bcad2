import type { FsTree } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { quiet } from "../../../engine/test/support/guest.ts";
import type { FrontEnd } from "../../src/testing/index.ts";
import { type DeviceBench, deviceBench } from "../device-bench.ts";
import { message } from "../stub-session.ts";
import { hostileLife } from "./hostile-life.ts";
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

/** One hostile life of one device in memory, over `tree`. `reason` is what the back end has written beside Closed, if it gave up. */
export async function runDeviceCase(
  seed: number,
  tree: FsTree,
): Promise<{ readonly reason: string | undefined }> {
  const random = new Random(seed);
  const options = { id: `s${seed}`, tree, log: quiet };
  const bench = await deviceBench({}, (peer, maxMessageSize) =>
    createEngine().createSession({ ...options, peer, maxMessageSize }),
  );
  const endpoint = await bench.serve();
  const { store, xen, device } = bench;
  await hostileLife(random, { store, domain: xen.domain(1), device });
  await endpoint.close();
  const state = await bench.state();
  if (state !== "6") throw new Error(`the back end ends in state ${state}`);
  if (xen.mapped !== 0) throw new Error(`${xen.mapped} areas are still mapped`);
  if (xen.ports !== 0) throw new Error(`${xen.ports} ports are still open`);
  if (bench.lines.some((line) => line.includes("life failed"))) throw new Error(bench.lines.join("\n"));
  return { reason: await store.read(`${device.backend}/error`) };
}
