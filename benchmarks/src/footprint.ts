import { readdirSync, readFileSync } from "node:fs";

/** What a process takes of the machine. */
export interface Footprint {
  readonly descriptors: number;
  readonly maps: number;
  /** MiB. */
  readonly resident: number;
}

/** Of the process that serves: the command starts one for each fsdev. */
export function lanePid(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return Number(children[0] === "" ? pid : children[0]);
}

export function footprint(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    maps: readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").length,
    resident: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024,
  };
}
