// node probe.mjs rival BACKEND FRONTEND DOMID DEVID KIND: tries to serve a device that is served
// node probe.mjs device KIND DOMID TAG PATH: writes the nodes of device 0 of a guest, as a toolstack does
// node probe.mjs virtio SOCKET ROUNDS: a virtio guest without a VM, which writes files and reads them back
// node probe.mjs proxy PATH TARGET: passes a Unix socket on, until it is killed
// node probe.mjs fuzz TAG SEED LIVES: hostile front ends in dom0 itself, beside one that keeps to the rules
// Writes TAP lines.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { mount } from "@ninefold/client";
import type { Logger, MessageHandler } from "@ninefold/core/contracts";
import { connectVhostUser } from "@ninefold/transport-virtio/testing";
import { xenTransport } from "@ninefold/transport-xen";
import { attachDevice, FrontEnd, openLoopbackDomain } from "@ninefold/transport-xen/testing";
import { connectXenStore } from "@ninefold/transport-xen/xenstore";
import { hostileLife } from "../../packages/transport-xen/test/fuzz/hostile-life.ts";
import { Random } from "../../packages/transport-xen/test/fuzz/random.ts";

const quiet = (): void => {};
const log: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };

async function rival([backend, frontend, domid, devid, kind]: readonly string[]): Promise<string> {
  const transport = xenTransport();
  const options = await transport.schema["~standard"].validate({ backend, frontend, domid, devid, kind });
  if (options.issues !== undefined) throw new Error(JSON.stringify(options.issues));
  const host = {
    device: "the rival",
    mountTag: "rival",
    log,
    baseDirectory: "/",
    openSession: (): MessageHandler => ({ handle: () => -1, reset: async () => {}, close: async () => {} }),
    report: quiet,
  };
  const outcome = await transport.open(options.value, host).then(
    async (endpoint) => {
      await endpoint.close({ isLost: true });
      return "it was served twice";
    },
    (error: unknown) => String(error),
  );
  if (!outcome.includes("another back end may serve this device")) throw new Error(outcome);
  return `a second back end is refused: ${outcome.split("\n")[0]}`;
}

async function device([kind, domid, tag = "", path = ""]: readonly string[]): Promise<string> {
  const store = await connectXenStore();
  const isQemu = kind === "9pfs";
  await attachDevice(store, {
    domid: Number(domid),
    devid: 0,
    tag,
    path,
    kind: isQemu ? "9pfs" : "xen_9pfs",
  });
  await store.close();
  return `a device of kind ${kind} for domain ${domid}`;
}

async function virtio([socket = "", rounds = "10"]: readonly string[]): Promise<string> {
  const root = await mount(await connectVhostUser(socket));
  for (let round = 0; round < Number(rounds); round++) {
    const bytes = randomBytes(100_000 + round);
    await root.writeFile(`virtio-${round}`, bytes);
    if (Buffer.compare(await root.readFile(`virtio-${round}`), bytes) !== 0) throw new Error("damaged");
  }
  await root.close();
  return `a virtio guest wrote ${rounds} files and read them back`;
}

async function proxy([path = "", target = ""]: readonly string[]): Promise<string> {
  rmSync(path, { force: true });
  const server = createServer((near) => {
    const far = connect(target);
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.once("close", () => other.destroy());
    }
  });
  server.listen(path);
  await once(server, "close");
  return "closed";
}

async function fuzz([tag = "lab", first = "1", lives = "100"]: readonly string[]): Promise<string> {
  const store = await connectXenStore();
  const domain = openLoopbackDomain();
  const honestDevice = await attachDevice(store, { domid: 0, devid: 50, tag });
  const honest = await FrontEnd.connect({ store, domain, path: honestDevice.frontend, order: 3 });
  const root = await mount(honest);
  const content = randomBytes(50_000);
  const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  await root.writeFile("honest", content);
  const reasons = new Map<string, number>();
  for (let i = 0; i < Number(lives); i++) {
    const seed = Number(first) + i;
    const device = await attachDevice(store, { domid: 0, devid: 60, tag });
    try {
      await hostileLife(new Random(seed), { store, domain, device, patienceMs: 5000 });
      const reason = (await store.read(`${device.backend}/error`)) ?? "(none)";
      const kind = reason.replace(/\d+/g, "N").slice(0, 60);
      reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
      await device.destroy(120_000);
      const back = await root.readFile("honest");
      if (digest(back) !== digest(content)) throw new Error("the honest guest's file is damaged");
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  await root.close();
  await honest.close();
  await honestDevice.detach(120_000);
  domain.close();
  await store.close();
  for (const [reason, count] of reasons) console.log(`# ${count} × ${reason}`);
  return `${lives} hostile front ends from seed ${first} on: each was closed, and an honest one went on`;
}

const [command = "", ...words] = process.argv.slice(2);
const commands: Record<string, (words: readonly string[]) => Promise<string>> = {
  rival,
  device,
  virtio,
  proxy,
  fuzz,
};
try {
  console.log(`ok - ${await commands[command]?.(words)}`);
} catch (error) {
  console.log(`not ok - ${command} ${words.join(" ")}: ${String(error)}`);
  process.exitCode = 1;
}
process.exit();
