/** What each end of a PV device says of itself. Source: Xen's io/xenbus.h. */
export const STATE = {
  UNKNOWN: 0,
  INITIALISING: 1,
  INIT_WAIT: 2,
  INITIALISED: 3,
  CONNECTED: 4,
  CLOSING: 5,
  CLOSED: 6,
} as const;

export type XenbusState = (typeof STATE)[keyof typeof STATE];

/** The state that a `state` node tells; undefined when it is not there. What is no state is unknown. */
export function parseState(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d{1,2}$/.test(value) ? Number(value) : STATE.UNKNOWN;
}

/** What the back end of one device has before it: from xenstore, and of itself. */
export interface Observation {
  /** The back end's directory is there. */
  readonly exists: boolean;
  /** The toolstack has not taken the device back. */
  readonly isOnline: boolean;
  readonly backendState: number | undefined;
  readonly frontendState: number | undefined;
  /** This process's last word on `backendState`; undefined before its first. */
  readonly written: XenbusState | undefined;
  /** This process has seen the front end's directory. */
  readonly hasSeenFrontend: boolean;
  /** This process serves the rings. */
  readonly isServing: boolean;
  /** This process has given the device up, until the front end begins anew. */
  readonly hasFailed: boolean;
}

/**
 * - `wait`: nothing is to be done.
 * - `prepare`: publish what is offered, then InitWait.
 * - `connect`: take the rings up, then Connected.
 * - `closing`, `close`: let the rings go, then Closing, Closed.
 * - `vanish`: let the rings go, and write nothing: the device is not there any more.
 */
export type Action = "wait" | "prepare" | "connect" | "closing" | "close" | "vanish";

/** What the back end does next. Looks at nothing else, so each way through the life of a device can be tested. */
export function decide(seen: Observation): Action {
  if (!seen.exists) return seen.isServing ? "vanish" : "wait";
  // A toolstack ends a device by its own hand in our node: no guest can.
  const isEnded = seen.backendState === STATE.CLOSING && seen.written !== STATE.CLOSING;
  if (!seen.isOnline || isEnded) return closeUnlessClosed(seen);
  switch (seen.frontendState) {
    case undefined:
      return seen.hasSeenFrontend ? closeUnlessClosed(seen) : prepareUnlessPrepared(seen);
    case STATE.UNKNOWN:
    case STATE.INITIALISING:
    case STATE.INIT_WAIT:
      return prepareUnlessPrepared(seen);
    case STATE.INITIALISED:
      return seen.isServing || seen.hasFailed ? "wait" : "connect";
    case STATE.CONNECTED:
      return connectUnlessClosed(seen);
    case STATE.CLOSING:
      return seen.isServing || !isClosedState(seen.backendState) ? "closing" : "wait";
    case STATE.CLOSED:
      return closeUnlessClosed(seen);
    default:
      return "wait";
  }
}

function isClosedState(state: number | undefined): boolean {
  return state === STATE.CLOSING || state === STATE.CLOSED;
}

function closeUnlessClosed({ isServing, backendState }: Observation): Action {
  return isServing || backendState !== STATE.CLOSED ? "close" : "wait";
}

/** A toolstack may have put a new device in the place of one that this process had prepared. */
function prepareUnlessPrepared({ isServing, written, backendState }: Observation): Action {
  const isPrepared = written === STATE.INIT_WAIT && backendState === STATE.INIT_WAIT;
  return isServing || !isPrepared ? "prepare" : "wait";
}

/** A front end that is connected while this process is not: an earlier one has ended without a word. */
function connectUnlessClosed(seen: Observation): Action {
  if (seen.isServing || seen.hasFailed) return "wait";
  return isClosedState(seen.backendState) ? closeUnlessClosed(seen) : "connect";
}
