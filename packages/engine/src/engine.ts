import type { Engine, SessionOptions } from "@ninefold/core/contracts";
import { Session } from "./session/session.ts";

/** The engine that speaks 9P2000.L and 9P2000.u, whichever a client asks for. Sessions share nothing but the tree that they serve. */
export function createEngine(): Engine {
  return {
    name: "9p2000.L",
    createSession: (options: SessionOptions): Session => new Session(options),
  };
}
