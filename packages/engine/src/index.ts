/**
 * The 9P engine: T-messages in, R-messages out, over any tree of files. It does no I/O and knows no transport.
 *
 * ```ts
 * import { createEngine } from "@ninefold/engine";
 *
 * const session = createEngine().createSession({ id: "vm1/fs0", tree, log, peer, maxMessageSize: 512_000 });
 * const length = session.handle(exchange); // a length now, PENDING for exchange.complete(length) later, or BROKEN
 * ```
 *
 * Threading: all of it runs in the turns of one event loop. Messages that the tree's `try…` methods can answer never
 * leave the turn; others are answered in whatever order the tree answers. Nothing is shared between sessions but their
 * tree, and the locks on it.
 *
 * @packageDocumentation
 */
import { API_VERSION, definePlugin, ENGINE, type Plugin } from "@ninefold/core/contracts";
import { createEngine } from "./engine.ts";

export { createEngine } from "./engine.ts";
export type { LockRecord } from "./locks/lock-table.ts";
export type { FidKind, FidXattr } from "./session/fid.ts";
export { Session } from "./session/session.ts";
export type { AttachmentState, FidState, SessionState } from "./session/state.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/engine",
  apiVersion: API_VERSION,
  contributes: { engine: ["9p2000.L"] },
  register: (registry) => registry.register(ENGINE, createEngine()),
});

export default plugin;
