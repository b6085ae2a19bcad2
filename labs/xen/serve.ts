// node serve.mjs TAG=FOLDER...: serves each offer of xenstore whose tag is named, in one process, and refuses others.
import type { Logger, Offer, TransportEndpoint, TransportHost } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { localFs } from "@ninefold/fs-local";
import { xenOffers, xenTransport } from "@ninefold/transport-xen";

const folders = new Map(process.argv.slice(2).map((word) => word.split("=") as [string, string]));
const log: Logger = {
  trace: () => {},
  debug: (message, fields) => console.log("debug", message, fields ?? ""),
  info: (message, fields) => console.log(message, fields ?? ""),
  warn: (message, fields) => console.log("warn", message, fields ?? ""),
  error: (message, fields) => console.log("error", message, fields ?? ""),
  child: () => log,
};
const engine = createEngine();
const transport = xenTransport();
const source = xenOffers({ log });
const endpoints = new Map<string, Promise<TransportEndpoint | undefined>>();

const trees = new Map<string, ReturnType<typeof localFs.open>>();

/** One tree a folder, however many devices show it. */
function treeOf(path: string): ReturnType<typeof localFs.open> {
  const known = trees.get(path);
  if (known !== undefined) return known;
  const options = { path, security_model: "passthrough", readonly: false, multidevs: "remap" } as const;
  const tree = localFs.open(options, { fsdev: path, log, baseDirectory: "/" });
  trees.set(path, tree);
  return tree;
}

async function attach(offer: Offer): Promise<TransportEndpoint | undefined> {
  const path = folders.get(offer.tag ?? "");
  if (path === undefined) {
    const reason = `no folder is shared as ${offer.tag}`;
    log.warn(`${offer.id} is refused: ${reason}`);
    await source.refuse(offer, reason);
    return undefined;
  }
  const tree = await treeOf(path);
  let sessions = 0;
  const host: TransportHost = {
    device: offer.id,
    mountTag: offer.tag ?? "",
    log,
    baseDirectory: "/",
    openSession: (peer, maxMessageSize, limits = {}) => {
      sessions += 1;
      return engine.createSession({ id: `${offer.id}#${sessions}`, tree, log, peer, maxMessageSize, limits });
    },
    report: (event) => log.info(`${offer.id} ${event.kind}`, { ...event }),
  };
  const { backendPath: backend, frontendPath: frontend, domid, devid, kind } = offer;
  const options = await transport.schema["~standard"].validate({ backend, frontend, domid, devid, kind });
  if (options.issues !== undefined) throw new Error(JSON.stringify(options.issues));
  return transport.open(options.value, host);
}

await source.start({
  offer: (offer) => {
    log.info("offer", { ...offer });
    const endpoint = attach(offer).catch(async (error: unknown) => {
      log.error(`${offer.id} cannot be served`, { error });
      await source.refuse(offer, error instanceof Error ? error.message : String(error));
      return undefined;
    });
    endpoints.set(offer.id, endpoint);
  },
  withdraw: (id) => {
    log.info(`${id} is withdrawn`);
    const endpoint = endpoints.get(id);
    endpoints.delete(id);
    void endpoint?.then((each) => each?.close());
  },
});
log.info("serving");
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    for (const endpoint of endpoints.values()) await (await endpoint)?.close();
    await source.stop();
    process.exit(0);
  });
}
