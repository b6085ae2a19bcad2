import type { DeviceNode, FsdevConfig, KernelStatus, LaneStatus, OfferStatus } from "@ninefold/core";
import { describeHead, describeProblem } from "../attach/describe.ts";
import type { GuestStatus } from "../xen-guests.ts";

/** What the command `status` of the control socket answers. */
export interface ServerStatus extends KernelStatus {
  readonly pid: number;
  /** Those whose device models have handed them over. */
  readonly guests: readonly GuestStatus[];
}

/** What `ninefold status` prints for people. */
export function describeStatus(status: ServerStatus): string {
  const { pid, guests } = status;
  return [
    `ninefold, pid ${pid}: ${status.state}\n`,
    describeKernel(status),
    ...guests.map((guest) => `for guest ${guest.domid}: ${guest.state}\n${describeKernel(guest)}`),
  ].join("");
}

function describeKernel({ fsdevs, devices, lanes, xen }: KernelStatus): string {
  return [
    section("fsdevs", fsdevs.map(describeFsdev)),
    section("devices", devices.map(describeDevice)),
    section("lanes", lanes.map(describeLane)),
    ...(xen === undefined ? [] : [section("offers", xen.offers.map(describeOffer))]),
    ...(xen === undefined || xen.problems.length === 0
      ? []
      : [
          section(
            "problems",
            xen.problems.map((problem) => describeProblem(problem).trimEnd()),
          ),
        ]),
  ].join("");
}

function section(title: string, lines: readonly string[]): string {
  const shown = lines.length === 0 ? ["none"] : lines;
  return `${title}\n${shown.map((line) => `  ${line}\n`).join("")}`;
}

/** An fsdev in one line. */
export function describeFsdev({ id, driver, options, layers }: FsdevConfig): string {
  const path = options.path === undefined ? "" : ` ${String(options.path)}`;
  const wrapped = layers.length === 0 ? "" : ` in ${layers.map(({ layer }) => layer).join(", ")}`;
  return `${id}: ${driver}${path}${wrapped}`;
}

/** A device in one line. */
export function describeDevice({
  path,
  type,
  fsdev,
  mountTag,
  state,
  takenBy,
  connections,
}: DeviceNode): string {
  const taker = takenBy === undefined ? "" : ` by offer ${takenBy}`;
  const ends = connections === 0 ? "" : `, ${connections} connected`;
  return `${path}: ${type} of ${fsdev} as "${mountTag}", ${state}${taker}${ends}`;
}

function describeLane({ fsdev, pid, state }: LaneStatus): string {
  return `${fsdev}: pid ${pid}, ${state}`;
}

function describeOffer(row: OfferStatus): string {
  const head = describeHead(row.offer);
  switch (row.state) {
    case "deciding":
      return `${head}\n    being decided`;
    case "opening":
      return `${head}\n    fsdev ${row.fsdev} is being opened for it (${row.strategy}: ${row.reason})`;
    case "attached": {
      const taking = row.taken === undefined ? "" : `, taking ${row.taken}`;
      return `${head}\n    attached to ${row.fsdev} at ${row.device}${taking} (${row.strategy}: ${row.reason})`;
    }
    case "refused":
      return `${head}\n    refused, ${row.code} (${row.strategy}: ${row.reason})`;
  }
}
