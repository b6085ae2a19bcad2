import type { FsTree, MessageHandler } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { connectTo } from "@ninefold/transport-memory";
import { silent } from "../silent-logger.ts";
import { remoteTree } from "./remote/remote-tree.ts";
import type { Way } from "./tree-suite.ts";

/** The cases call the tree. */
export const directly: Way = { name: "directly", lacks: {}, reach: async (tree) => tree };

const MESSAGE_SIZE = 64 * 1024;

/** The same in 9P2000.u, for those who change the engine: a driver learns nothing more by it. */
export const throughEngineUnix: Way = {
  name: "through the engine in 9P2000.u",
  lacks: {
    keys: "keys do not travel over 9P",
    places: "a client learns of no renames but its own",
    moves: "Twstat renames within a directory",
    locks: "9P2000.u has no locks",
    lockOwners: "9P2000.u has no locks",
    xattrs: "9P2000.u has no extended attributes",
    xattrValues: "9P2000.u has no extended attributes",
    direct: "the calls go through the engine",
  },
  tuning: { timeGranularityNs: 1_000_000_000 },
  reach: async (tree) => remoteTree(connectTo(sessionOf(tree), MESSAGE_SIZE), tree.supports, "9P2000.u"),
};

let sessions = 0;

/** The cases call a 9P client, whose messages go through the engine to the tree. */
export const throughEngine: Way = {
  name: "through the engine",
  lacks: {
    keys: "keys do not travel over 9P",
    places: "a client learns of no renames but its own",
    lockOwners: "a 9P connection is one session of locks",
    xattrValues: "9P2000.L says removal by an empty value",
    direct: "the calls go through the engine",
  },
  reach: async (tree) => remoteTree(connectTo(sessionOf(tree), MESSAGE_SIZE), tree.supports, "9P2000.L"),
};

function sessionOf(tree: FsTree): MessageHandler {
  return createEngine().createSession({
    id: `compliance-${++sessions}`,
    tree,
    log: silent,
    peer: { description: "compliance" },
    maxMessageSize: MESSAGE_SIZE,
  });
}
