import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { definePlugin, type Plugin, TRANSPORT } from "@ninefold/core";
import { xenTransport } from "@ninefold/transport-xen";
import {
  attachDevice,
  type MemoryXen,
  memoryXen,
  serveXenStore,
  type ToolstackDevice,
  waitForNode,
} from "@ninefold/transport-xen/testing";
import { runDeviceModel } from "../../src/xen-dm/device-model.ts";
import { guestLine } from "./libxl-command-line.ts";

/** A device model that runs. */
export interface RunningModel {
  readonly domid: number;
  readonly monitor: string;
  readonly statistics: string;
  /** Its exit status. */
  readonly done: Promise<number>;
  /** As libxl's SIGHUP. */
  end(): Promise<number>;
}

/** A toolstack's machine in this process: a xenstored with a socket, grants and event channels in memory, a folder. */
export class XenRig implements AsyncDisposable {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-xen-dm-")));
  readonly xen: MemoryXen = memoryXen();
  readonly xenstored: string = join(this.folder, "xenstored");
  /** The rings of this machine. Its offers are read from the socket, as on a real one. */
  readonly rings: Plugin = ringsOf(this.xen);
  #close: () => Promise<void> = async () => {};

  static async start(): Promise<XenRig> {
    const rig = new XenRig();
    for (const name of ["a", "b"]) {
      mkdirSync(join(rig.folder, name));
      writeFileSync(join(rig.folder, name, "name"), name);
    }
    const server = await serveXenStore(rig.xen.store, rig.xenstored);
    rig.#close = () => server.close();
    return rig;
  }

  /** As libxl: the guest's nodes, then the device model, until that says that it runs. */
  async model(domid: number, ...args: string[]): Promise<RunningModel> {
    await this.xen.store.write(`/local/domain/${domid}/name`, `guest-${domid}`);
    await this.xen.store.mkdir(`/local/domain/0/device-model/${domid}`);
    const ended = Promise.withResolvers<string>();
    const own = ["--xenstore", this.xenstored, "--log-level", "silent", ...args];
    const done = runDeviceModel(guestLine({ domid, run: this.folder, args: own }), {
      ended: ended.promise,
      objects: [this.rings],
    });
    const running = waitForNode(
      this.xen.store,
      `/local/domain/0/device-model/${domid}/state`,
      "running",
      10_000,
    );
    await Promise.race([running, done.then(() => Promise.reject(new Error("it has ended")))]);
    return {
      domid,
      done,
      monitor: join(this.folder, `qmp-libxl-${domid}`),
      statistics: join(this.folder, `qmp-libxenstat-${domid}`),
      end: () => {
        ended.resolve("the test has seen enough");
        return done;
      },
    };
  }

  /** As libxl, when the device model runs: an entry of p9 with type=qemu. */
  attach(domid: number, devid: number, tag: string, path: string = "/nonexistent"): Promise<ToolstackDevice> {
    return attachDevice(this.xen.store, { domid, devid, tag, path, kind: "9pfs" });
  }

  /** What the guest finds in the file `name`. */
  async readName(device: ToolstackDevice): Promise<string> {
    const tree = await mount(await this.xen.connect(device));
    const name = new TextDecoder().decode(await tree.readFile("name"));
    await tree.close();
    return name;
  }

  stateOf({ backend }: ToolstackDevice): Promise<string | undefined> {
    return this.xen.store.read(`${backend}/state`);
  }

  /** What a device model has left behind. */
  async leftOf({ domid, monitor, statistics }: RunningModel): Promise<string[]> {
    const state = await this.xen.store.read(`/local/domain/0/device-model/${domid}/state`);
    const { mapped } = this.xen.hypervisor;
    return [
      ...[monitor, statistics].filter((path) => existsSync(path)),
      ...(state === undefined ? [] : [`state ${state}`]),
      ...(mapped === 0 ? [] : [`${mapped} areas mapped`]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ringsOf({ store, hypervisor }: MemoryXen): Plugin {
  const transport = xenTransport({
    connectXenStore: async () => store.connect(),
    openHypervisor: () => hypervisor.open(),
  });
  return definePlugin({
    name: "rings-in-memory",
    apiVersion: 1,
    contributes: { transport: [transport.name] },
    register: (registry) => registry.register(TRANSPORT, transport),
  });
}
