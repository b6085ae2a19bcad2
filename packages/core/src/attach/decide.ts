import { setTimeout as sleep } from "node:timers/promises";
import type { Attachment, Decision, Machine, Refusal } from "../contracts/attach-strategy.ts";
import type { Offer } from "../contracts/offer.ts";
import type { PlannedStrategy } from "./attach-plan.ts";
import { withLimits } from "./limits.ts";

/** How long a strategy may take: others wait behind it. */
const MATCH_TIMEOUT_MS = 10_000;

/** What one strategy said. */
export interface Opinion {
  readonly strategy: string;
  readonly decision: Decision;
}

/** What is done with an offer. */
export interface Verdict {
  /** The one that attaches; of a refusal, all that were asked. */
  readonly strategy: string;
  readonly decision: Decision;
}

/** Asks the strategies of a chain, one after the other, until one attaches. Never throws. */
export async function decide(
  offer: Offer,
  machine: Machine,
  chain: readonly PlannedStrategy[],
): Promise<Verdict> {
  const refusals: { readonly strategy: string; readonly decision: Refusal }[] = [];
  for (const planned of chain) {
    const { strategy, decision } = await ask(offer, machine, planned);
    if (decision.kind === "attach") return { strategy, decision };
    refusals.push({ strategy, decision });
  }
  return { strategy: refusals.map(({ strategy }) => strategy).join(", "), decision: join(refusals) };
}

/** Asks one strategy. One that throws, takes too long, or names what is not there, has failed. */
export async function ask(offer: Offer, machine: Machine, planned: PlannedStrategy): Promise<Opinion> {
  const { name } = planned.strategy;
  const late = new AbortController();
  try {
    const decision = await Promise.race([
      planned.strategy.match(offer, machine, planned.options),
      sleep(MATCH_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`it took longer than ${MATCH_TIMEOUT_MS} ms`);
      }),
    ]);
    const fault = decision.kind === "attach" ? faultOf(decision, machine) : undefined;
    if (fault === undefined)
      return { strategy: name, decision: withLimits(decision, offer.limits, machine, planned.limits) };
    return { strategy: name, decision: failed(`strategy ${name} is wrong: ${fault}`) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { strategy: name, decision: failed(`strategy ${name} failed: ${message}`) };
  } finally {
    late.abort();
  }
}

/** Nobody could carry this out. */
function faultOf({ fsdev, device, entry, mountTag }: Attachment, machine: Machine): string | undefined {
  const isThere = (path: string): boolean => machine.findDevices((node) => node.path === path).length > 0;
  if (mountTag === "") return "the mount tag is empty";
  if (entry !== undefined && !isThere(entry)) return `there is no device ${entry}`;
  if (typeof fsdev !== "string") {
    return machine.findFsdev(fsdev.id) === undefined ? undefined : `there is an fsdev "${fsdev.id}" already`;
  }
  if (machine.findFsdev(fsdev) === undefined) return `there is no fsdev "${fsdev}"`;
  if (device === undefined) return undefined;
  const [node] = machine.findDevices(({ path }) => path === device);
  if (node === undefined) return `there is no device ${device}`;
  if (node.takenBy !== undefined) return `${device} is taken by offer ${node.takenBy}`;
  return node.fsdev === fsdev ? undefined : `${device} serves fsdev "${node.fsdev}", not "${fsdev}"`;
}

function failed(reason: string): Refusal {
  return { kind: "refuse", code: "failed", reason };
}

/** One refusal for all: with the code of the first that says more than that nothing fits. */
function join(refusals: readonly { readonly strategy: string; readonly decision: Refusal }[]): Refusal {
  const [first] = refusals;
  if (first === undefined) return failed("no strategy is asked for this guest");
  if (refusals.length === 1) return first.decision;
  const telling = refusals.find(({ decision }) => decision.code !== "no-match") ?? first;
  const candidates = [...new Set(refusals.flatMap(({ decision }) => decision.candidates ?? []))];
  return {
    kind: "refuse",
    code: telling.decision.code,
    reason: refusals.map(({ strategy, decision }) => `${strategy}: ${decision.reason}`).join("; "),
    ...(candidates.length === 0 ? {} : { candidates }),
  };
}
