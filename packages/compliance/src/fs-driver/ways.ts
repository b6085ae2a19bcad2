import { createEngine } from "@ninefold/engine";
import { connectTo } from "@ninefold/transport-memory";
import { silent } from "../silent-logger.ts";
import { remoteTree } from "./remote/remote-tree.ts";
import type { Way } from "./tree-suite.ts";

/** The cases call the tree. */
export const directly: Way = { name: "directly", lacks: {}, reach: async (tree) => tree };

const MESSAGE_SIZE = 64 * 1024;

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
  async reach(tree) {
    const session = createEngine().createSession({
      id: `compliance-${++sessions}`,
      tree,
      log: silent,
      peer: { description: "compliance" },
      maxMessageSize: MESSAGE_SIZE,
    });
    return remoteTree(connectTo(session, MESSAGE_SIZE), tree.supports);
  },
};
