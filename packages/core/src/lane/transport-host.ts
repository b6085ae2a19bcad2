import { randomBytes } from "node:crypto";
import type { Engine, SessionEvent, SessionLimits } from "../contracts/engine.ts";
import type { FsTree } from "../contracts/fs-tree.ts";
import type { MessageHandler, TransportHost } from "../contracts/transport.ts";
import type { DeviceSessions } from "./device-sessions.ts";
import type { LaneContext } from "./lane.ts";
import type { LaneConfig, LaneDevice } from "./lane-config.ts";
import { narrowerLimits } from "./narrower-limits.ts";

/** What a lane's sessions are made of. */
export interface SessionSource {
  readonly engine: Engine;
  readonly tree: FsTree;
  readonly nextId: () => string;
  readonly limits: Partial<SessionLimits>;
}

/** Names for sessions: no two are equal, in this process or another, before or after a restart. */
export function sessionIds(): () => string {
  const prefix = randomBytes(6).toString("hex");
  let count = 0;
  return () => `${prefix}-${++count}`;
}

/** What a transport gets for one device: new sessions, and an ear for what becomes of the device. */
export function createTransportHost(
  device: LaneDevice,
  { fsdev, baseDirectory }: LaneConfig,
  context: LaneContext,
  sessions: SessionSource,
  open: DeviceSessions,
): TransportHost {
  const ids = { device: device.path, fsdev: fsdev.id };
  const log = context.log.child({ device: device.path });
  return {
    device: device.path,
    mountTag: device.mountTag,
    log,
    baseDirectory,
    openSession: (peer, maxMessageSize, limits): MessageHandler => {
      const session = sessions.nextId();
      const origin = { ...ids, session };
      if (context.isListened("session-open")) {
        context.emit({ name: "session-open", event: { ...origin, peer } });
      }
      const made = sessions.engine.createSession({
        id: session,
        tree: sessions.tree,
        log: log.child({ session }),
        peer,
        maxMessageSize,
        limits: narrowerLimits(sessions.limits, limits),
        onEvent: (event) => tellSession(event, origin, context),
        ...(context.isListened("session-trace") ? { trace: tracer(origin, context) } : {}),
      });
      return open.add(made);
    },
    report: (event) => {
      if (event.kind === "connect") context.emit({ name: "connect", event: { ...ids, peer: event.peer } });
      else context.emit({ name: "disconnect", event: { ...ids, peer: event.peer, reason: event.reason } });
    },
  };
}

interface Origin {
  readonly device: string;
  readonly fsdev: string;
  readonly session: string;
}

function tellSession(event: SessionEvent, origin: Origin, context: LaneContext): void {
  if (!context.isListened(`session-${event.kind}`)) return;
  switch (event.kind) {
    case "version":
      context.emit({
        name: "session-version",
        event: { ...origin, dialect: event.dialect, messageSize: event.messageSize },
      });
      break;
    case "attach":
      context.emit({
        name: "session-attach",
        event: { ...origin, aname: event.aname, user: event.user, uid: event.uid },
      });
      break;
    case "error":
      context.emit({ name: "session-error", event: { ...origin, message: event.message } });
      break;
  }
}

function tracer(origin: Origin, context: LaneContext): (line: string) => void {
  return (line) => {
    if (context.isListened("session-trace"))
      context.emit({ name: "session-trace", event: { ...origin, line } });
  };
}
