import type { MachineDevice, Offer } from "@ninefold/core/contracts";
import { samePath } from "./same-path.ts";

export type Found =
  | { readonly kind: "one"; readonly device: MachineDevice; readonly rule: string }
  | { readonly kind: "several"; readonly devices: readonly MachineDevice[] }
  | { readonly kind: "none" };

/**
 * The device that an offer means, among `all` in the order of their tree paths. The tag decides; where it fits several
 * devices, or none, the path; where these leave several, devid order: offer n means device n. An offer that names
 * neither a tag nor a path is matched by devid order alone, as QEMU's network devices are. A name that nothing has is
 * never passed over for the order: a mistyped tag must not give a guest another's folder.
 *
 * What is taken plays no part, so that an offer means the same device whenever it comes.
 */
export function findDevice(
  { tag, path, devid }: Offer,
  all: readonly MachineDevice[],
  pathOf: (device: MachineDevice) => string | undefined,
): Found {
  const byTag = tag === undefined ? [] : all.filter(({ mountTag }) => mountTag === tag);
  if (byTag.length === 1) return one(byTag, `its tag "${tag}"`);
  const among = byTag.length > 0 ? byTag : all;
  const byPath = path === undefined ? [] : among.filter((device) => samePath(pathOf(device), path));
  const tagged = byTag.length > 0 ? `its tag "${tag}" and ` : "";
  if (byPath.length === 1) return one(byPath, `${tagged}the path "${path}" of its fsdev`);
  const left = byPath.length > 0 ? byPath : byTag;
  const isNameless = tag === undefined && path === undefined;
  if (left.length === 0 && !isNameless) return { kind: "none" };
  const nth = all[devid];
  if (nth !== undefined && (isNameless || left.includes(nth))) {
    return one([nth], `devid order: it is number ${devid} of ${all.length}`);
  }
  return left.length === 0 ? { kind: "none" } : { kind: "several", devices: left };
}

function one([device]: readonly MachineDevice[], rule: string): Found {
  return device === undefined ? { kind: "none" } : { kind: "one", device, rule };
}
