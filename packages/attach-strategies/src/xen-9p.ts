import type { AttachStrategy, Decision, Machine, Offer } from "@ninefold/core/contracts";
import { z } from "zod";
import { list, refuse, refuseWithoutTag } from "./wording.ts";

/** Looks the offer's tag up among the `xen-9p` devices. Any number of guests may be answered by one entry. */
export const xen9p: AttachStrategy<object> = {
  name: "xen-9p",
  description: "looks the tag up among the -device xen-9p entries",
  schema: z.strictObject({}),
  match: lookUp,
};

function lookUp(offer: Offer, machine: Machine): Decision {
  const { tag } = offer;
  if (tag === undefined || tag === "") return refuseWithoutTag(offer);
  const entries = machine.findDevices(
    ({ interfaces, type }) => type === "xen-9p" || interfaces.includes("xen-9p"),
  );
  const fitting = entries.filter(({ mountTag }) => mountTag === tag);
  const paths = fitting.map(({ path }) => path);
  const [entry] = fitting;
  if (entry === undefined) {
    const tags = list(entries.map(({ mountTag }) => `"${mountTag}"`));
    return refuse(
      "no-match",
      `no xen-9p device has the tag "${tag}" (tags: ${tags}): add -device xen-9p,fsdev=ID,mount_tag=${tag}`,
      entries.map(({ path }) => path),
    );
  }
  if (fitting.length > 1) {
    const reason = `the tag "${tag}" is given to ${list(paths)}: give each xen-9p device a tag of its own`;
    return refuse("duplicate-tag", reason, paths);
  }
  if (machine.findFsdev(entry.fsdev) === undefined) {
    return refuse(
      "no-match",
      `${entry.path} names fsdev "${entry.fsdev}", which is not there: add -fsdev …,id=${entry.fsdev}`,
      paths,
    );
  }
  const reason = `${entry.path} has the tag "${tag}"`;
  return { kind: "attach", fsdev: entry.fsdev, mountTag: tag, entry: entry.path, reason };
}
