import type { Offer } from "@ninefold/core/contracts";
import { LIMIT_NODES, parseLimits } from "../backend/limits.ts";
import { parseState } from "../backend/xenbus-state.ts";
import type { XenStore, XenStoreNodes } from "../xenstore/store.ts";

/** A device that a toolstack has begun to describe. */
export interface ScannedDevice {
  readonly id: string;
  readonly backendPath: string;
  readonly frontendPath: string | undefined;
  readonly state: number | undefined;
  /** The toolstack has not taken it back. */
  readonly isOnline: boolean;
  /** Undefined as long as something that must be there is not, and once the toolstack takes the device back. */
  readonly offer: Offer | undefined;
}

/**
 * What makes two descriptions one offer. Only the toolstack's own nodes count: a guest may write its front end's, and the
 * domain's name may change.
 */
export function identityOf({ frontendPath, path, securityModel, fsdev, limits }: Offer): string {
  return JSON.stringify([frontendPath, path, securityModel, fsdev, limits]);
}

/** All devices of these kinds below the domain's own `backend`, as they are at one moment. */
export function scanDevices(
  store: XenStore,
  domid: number,
  kinds: readonly string[],
): Promise<ScannedDevice[]> {
  return store.transaction(async (view) => {
    const devices: ScannedDevice[] = [];
    for (const kind of kinds) {
      const top = `/local/domain/${domid}/backend/${kind}`;
      for (const frontendId of numbers(await view.directory(top))) {
        for (const devid of numbers(await view.directory(`${top}/${frontendId}`))) {
          devices.push(await readDevice(view, kind, frontendId, devid, `${top}/${frontendId}/${devid}`));
        }
      }
    }
    return devices;
  });
}

async function readDevice(
  view: XenStoreNodes,
  kind: string,
  domid: number,
  devid: number,
  backendPath: string,
): Promise<ScannedDevice> {
  const id = `${kind}/${domid}/${devid}`;
  const read = (name: string): Promise<string | undefined> => view.read(`${backendPath}/${name}`);
  const frontendPath = await read("frontend");
  const state = parseState(await read("state"));
  const isOnline = (await read("online")) !== "0";
  const device = { id, backendPath, frontendPath, state, isOnline };
  const isComplete =
    frontendPath !== undefined &&
    state !== undefined &&
    (await view.read(`${frontendPath}/state`)) !== undefined;
  if (!isComplete || !isOnline) return { ...device, offer: undefined };
  const limits = new Map<string, string | undefined>();
  for (const name of LIMIT_NODES) limits.set(name, await read(name));
  const offer: Offer = {
    id,
    kind,
    domid,
    devid,
    domainName: await view.read(`/local/domain/${domid}/name`),
    backendPath,
    frontendPath,
    tag: await view.read(`${frontendPath}/tag`),
    path: await read("path"),
    securityModel: await read("security_model"),
    fsdev: await read("fsdev"),
    limits: parseLimits((name) => limits.get(name)),
  };
  return { ...device, offer };
}

function numbers(names: readonly string[] | undefined): number[] {
  return (names ?? []).filter((name) => /^\d{1,9}$/.test(name)).map(Number);
}
