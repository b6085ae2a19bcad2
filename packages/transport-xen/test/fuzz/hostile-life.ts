import { sequenceOf } from "../../../engine/test/fuzz/case.ts";
import { Random as MessageRandom } from "../../../engine/test/fuzz/random.ts";
import { FIELD, halfLength } from "../../src/ring/index.ts";
import type { Grant, GrantingDomain, ToolstackDevice } from "../../src/testing/index.ts";
import { FrontRing, waitForNode } from "../../src/testing/index.ts";
import type { XenStore } from "../../src/xenstore/index.ts";
import type { Random } from "./random.ts";

/** Where a hostile front end lives: in memory, or in dom0 by grants and ports of a real Xen. */
export interface HostilePlace {
  readonly store: XenStore;
  readonly domain: GrantingDomain;
  readonly device: ToolstackDevice;
  /** How long to wait for a back end that takes its time, in milliseconds; not at all unless given. */
  readonly patienceMs?: number;
}

/**
 * One hostile life of one device: nodes, references, orders, ports, states, ring pages and messages, as `random` has it.
 * At the end the front end says Closed, or is gone. Whoever calls this looks what became of the back end.
 */
export async function hostileLife(random: Random, place: HostilePlace): Promise<void> {
  const { store, domain, device, patienceMs } = place;
  const { frontend, backend } = device;
  const backendIs = async (state: RegExp): Promise<void> => {
    if (patienceMs === undefined) return;
    await waitForNode(store, `${backend}/state`, state, patienceMs).catch(() => {});
  };
  // Now and then it does not even wait for InitWait.
  if (!random.chance(8)) await backendIs(/^2$/);
  const order = random.pick([0, 1, 1, 2]);
  const page = domain.grant(1);
  const data = domain.grant(2 ** order);
  const ports = [domain.allocatePort(() => {}), domain.allocatePort(() => {})] as const;
  const isLikely = !random.chance(3);
  const messages = sequenceOf(new MessageRandom(random.u32()), undefined).values();
  fillPage(random, page, data, order, isLikely);
  await store.transaction(async (nodes) => {
    const number = (right: number): string =>
      isLikely || !random.chance(6) ? String(right) : random.pick(ODD_NUMBERS);
    await nodes.write(`${frontend}/version`, number(1));
    await nodes.write(`${frontend}/num-rings`, number(1 + random.below(isLikely ? 1 : 3)));
    for (const [i, { port }] of ports.entries()) {
      const ref = !isLikely && random.chance(4) ? random.u32() : (page.refs[0] as number);
      await nodes.write(`${frontend}/ring-ref${i}`, number(ref));
      await nodes.write(`${frontend}/event-channel-${i}`, number(port));
    }
  });
  await store.write(`${frontend}/state`, "3");
  await backendIs(/^[456]$/);
  for (let step = 0; step < 1 + random.below(6); step++) {
    if (random.chance(5)) await store.write(`${frontend}/state`, String(random.below(9)));
    else if (random.chance(2)) await store.write(`${frontend}/state`, "4");
    if (random.chance(2)) await new Promise((done) => setTimeout(done, random.below(4)));
    converse(random, messages, page, data, order);
    ports[0].notify();
  }
  await new Promise((done) => setTimeout(done, random.below(3) + (patienceMs === undefined ? 0 : SETTLE_MS)));
  if (random.chance(2)) await store.rm(frontend);
  else await store.write(`${frontend}/state`, "6");
  for (const each of [...ports, data, page]) each.close();
}

function fillPage(random: Random, page: Grant, data: Grant, order: number, isLikely: boolean): void {
  const view = new DataView(page.bytes.buffer, page.bytes.byteOffset);
  if (!isLikely && random.chance(2)) page.bytes.set(random.bytes(140));
  const told = isLikely || random.chance(2) ? order : random.pick([3, 9, 10, 31, 2 ** 32 - 1]);
  view.setUint32(FIELD.order, told, true);
  for (const [i, ref] of data.refs.entries()) view.setUint32(FIELD.refs + 4 * i, ref, true);
  if (!isLikely && random.chance(3)) view.setUint32(FIELD.refs + 4 * random.below(8), random.u32(), true);
}

/** Some messages of 9P, some of them no such thing, and now and then indices that nobody should believe. */
function converse(
  random: Random,
  messages: Iterator<Uint8Array, undefined>,
  page: Grant,
  data: Grant,
  order: number,
): void {
  const half = halfLength(order);
  const front = new FrontRing(
    page.bytes,
    data.bytes,
    order,
    () => {},
    () => {},
  );
  const { indices } = front;
  for (let i = random.below(8); i > 0; i--) {
    const bytes = messages.next().value;
    const room = half - ((indices.outProd - indices.outCons) >>> 0);
    if (bytes === undefined || (bytes.length > room && !random.chance(20))) continue;
    const at = indices.outProd;
    for (const [k, byte] of bytes.entries()) data.bytes[half + ((at + k) & (half - 1))] = byte;
    indices.outProd = (at + bytes.length) >>> 0;
  }
  if (random.chance(2)) indices.inCons = indices.inProd;
  if (!random.chance(4)) return;
  const field = random.pick([FIELD.inCons, FIELD.inProd, FIELD.outCons, FIELD.outProd, FIELD.order]);
  new DataView(page.bytes.buffer, page.bytes.byteOffset).setUint32(field, random.nasty(half), true);
}

/** For events that take their time. */
const SETTLE_MS = 50;
const ODD_NUMBERS = ["", "-1", "0", "x", "4294967295", "4294967296", "1e3", " 1"] as const;
