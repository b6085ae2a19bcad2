import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachDevice, waitForNode } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runXen9pfsd } from "../src/xen-9pfsd/xen-9pfsd.ts";
import { XenRig } from "./xen-dm/rig.ts";

const CLAIM = "/local/domain/0/libxl/xen-9pfs/state";

describe("ninefold-xen-9pfsd, in the place of libxl's", () => {
  let rig: XenRig;
  beforeEach(async () => {
    rig = await XenRig.start();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  async function start(text: string) {
    const configFile = join(rig.folder, "xen-9pfsd.yaml");
    writeFileSync(configFile, text);
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const done = runXen9pfsd([], { ended, objects: [rig.rings], configFile });
    await Promise.race([done, waitForNode(rig.xen.store, CLAIM, "running", 10_000)]);
    const end = (): Promise<number> => {
      resolve("SIGTERM");
      return done;
    };
    return { done, end };
  }

  const config = (): string =>
    `{ inline: on, log: { level: silent }, xen: { allow: ["${rig.folder}/*"], store: "${rig.xenstored}" } }`;

  it("without arguments claims, serves what is allowed below its file's folders, and leaves nothing", async () => {
    const { end } = await start(config());
    const offer = (devid: number, path: string, kind: "9pfs" | "xen_9pfs" = "xen_9pfs") =>
      attachDevice(rig.xen.store, { domid: 3, devid, tag: "lab", path, kind });
    const allowed = await offer(0, join(rig.folder, "b"));
    const outside = await offer(1, "/etc");
    const qemus = await offer(2, join(rig.folder, "a"), "9pfs");
    expect(await rig.readName(allowed)).toBe("b");
    await waitForNode(rig.xen.store, `${outside.backend}/state`, "6", 10_000);
    expect(await rig.xen.store.read(`${outside.backend}/error`)).toContain(
      "outside of the folders that are allowed",
    );
    expect(await rig.stateOf(qemus)).toBe("1");
    expect(await end()).toBe(0);
    expect(await rig.xen.store.read(CLAIM)).toBeUndefined();
    expect(rig.xen.hypervisor.mapped).toBe(0);
  });

  it("does not start beside another server, and leaves the other's claim", async () => {
    await rig.xen.store.write(CLAIM, "running");
    const { done } = await start(config());
    await expect(done).rejects.toThrow("a xen-9pfsd serves type=xen_9pfsd already");
    expect(await rig.xen.store.read(CLAIM)).toBe("running");
  });

  it("says where to allow folders when none is, and claims nothing then", async () => {
    const silent = start(`{ log: { level: silent }, xen: { store: "${rig.xenstored}" } }`);
    await expect(silent).rejects.toThrow(
      /no folder may be shared.*write xen: \{ allow: .* to .*xen-9pfsd\.yaml/,
    );
    const rules = `{ allow: [/srv], store: "${rig.xenstored}", domains: { x: nonsense } }`;
    const { done } = await start(`{ log: { level: silent }, xen: ${rules} }`);
    await expect(done).rejects.toThrow('no attach strategy named "nonsense"');
    expect(await rig.xen.store.read(CLAIM)).toBeUndefined();
  });
});
