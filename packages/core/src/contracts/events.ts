import type { Refusal } from "./attach-strategy.ts";
import type { Offer } from "./offer.ts";
import type { PeerInfo, UsageLine } from "./transport.ts";

/** A payload's device: its path in the device tree, and the fsdev that it serves. */
interface OfDevice {
  /** Its path in the device tree: `/machine/peripheral/host`. */
  readonly device: string;
  /** The id of the fsdev that it serves. */
  readonly fsdev: string;
}

/** A payload's session. */
interface OfSession extends OfDevice {
  /** Unlike every other's, also after a restart. */
  readonly session: string;
}

/** While a configuration's plugins are loaded. */
export interface PluginEvents {
  /** A plugin was taken. */
  "plugin-load": (event: PluginLoadEvent) => void;
  /** A plugin was refused. What it would have contributed is missing; all else goes on. */
  "plugin-fail": (event: PluginFailEvent) => void;
}

export interface PluginLoadEvent {
  /** The name that it gives itself. */
  readonly plugin: string;
  /** As the configuration names it. */
  readonly specifier: string;
  /** Names by token: `{ "fs-driver": ["local"] }`. */
  readonly contributes: Readonly<Record<string, readonly string[]>>;
}

export interface PluginFailEvent {
  /** As the configuration names it. */
  readonly specifier: string;
  /** A PluginErrorCode, such as `ERR_PLUGIN_IMPORT`. */
  readonly code: string;
  /** What is wrong, in one line. */
  readonly message: string;
}

/** Fsdevs that come and go. */
export interface FsdevEvents {
  /** The fsdev is known: devices may name it. */
  "fsdev-add": (event: FsdevEvent) => void;
  /** It is gone; no device names it. */
  "fsdev-remove": (event: FsdevEvent) => void;
}

export interface FsdevEvent {
  /** Its id. */
  readonly fsdev: string;
  /** The name of its driver. */
  readonly driver: string;
}

/** Lanes: the processes that serve, one for each fsdev. */
export interface LaneEvents {
  /** The tree is open, and the devices that it was started with are served. */
  "lane-start": (event: LaneStartEvent) => void;
  /** No event of this lane follows. */
  "lane-exit": (event: LaneExitEvent) => void;
}

export interface LaneStartEvent {
  /** The id of the fsdev that it serves. */
  readonly fsdev: string;
  /** The kernel's own for an inline lane. */
  readonly pid: number;
}

export interface LaneExitEvent extends LaneStartEvent {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it; null when it exited. */
  readonly signal: string | null;
  /** The kernel had asked for it. Otherwise the lane died: its devices are `failed`, and all others go on. */
  readonly expected: boolean;
}

/** Devices and those that come to them. */
export interface DeviceEvents {
  /** The device is in the tree; nobody can come yet. */
  realize: (event: DeviceRealizeEvent) => void;
  /** A guest may come from now on. */
  listen: (event: DeviceListenEvent) => void;
  /** A VMM, or a client of a socket, has come. */
  connect: (event: DeviceConnectEvent) => void;
  /** It has gone, or was sent away. */
  disconnect: (event: DeviceDisconnectEvent) => void;
  /** The device is gone from the tree. */
  unplug: (event: DeviceRealizeEvent) => void;
}

export interface DeviceRealizeEvent extends OfDevice {
  /** What `-device` names: `virtio-9p-pci`. */
  readonly type: string;
  /** What the guest mounts by. */
  readonly mountTag: string;
}

export interface DeviceListenEvent extends OfDevice {
  /** What to type into the VMM and the guest. */
  readonly usage: readonly UsageLine[];
}

export interface DeviceConnectEvent extends OfDevice {
  /** Who came, as far as the transport knows. */
  readonly peer: PeerInfo;
}

export interface DeviceDisconnectEvent extends DeviceConnectEvent {
  /** Why, in words. */
  readonly reason: string;
}

/** Offers in xenstore, and what becomes of them. */
export interface OfferEvents {
  /** A toolstack offers a guest a device. */
  offer: (event: OfferEvent) => void;
  /** An fsdev answers it: the guest can mount. */
  attach: (event: OfferAttachEvent) => void;
  /** Nothing answers it; the toolstack has been told. */
  refuse: (event: OfferRefuseEvent) => void;
  /** A device was taken for it: requests that come by the device's own way are answered ENODEV. */
  steal: (event: OfferStealEvent) => void;
  /** The device went back: it can be mounted by its own way again. */
  restore: (event: OfferDeviceEvent) => void;
  /** It is served no more. */
  detach: (event: OfferDetachEvent) => void;
  /** The toolstack took it back, or its guest is gone. Nothing of this offer follows. */
  withdraw: (event: OfferNameEvent) => void;
}

/** `<kind>/<domid>/<devid>`. */
export interface OfferNameEvent {
  /** The offer. */
  readonly offer: string;
}

export interface OfferEvent extends OfferNameEvent {
  /** All that the toolstack wrote. */
  readonly details: Offer;
}

export interface OfferAttachEvent extends OfferNameEvent, OfDevice {
  /** What the guest mounts by. */
  readonly mountTag: string;
  /** The strategy that decided. */
  readonly strategy: string;
  /** Why it decided so. */
  readonly reason: string;
}

export interface OfferRefuseEvent extends OfferNameEvent {
  /** Why, as a program compares it. */
  readonly code: Refusal["code"];
  /** Why, and how to mend it. */
  readonly reason: string;
  /** What could have been meant: device paths or ids of fsdevs. */
  readonly candidates: readonly string[];
}

/** `device` is the one that was taken. */
export interface OfferDeviceEvent extends OfferNameEvent, OfDevice {}

export interface OfferStealEvent extends OfferDeviceEvent {
  /** Ends that VMMs hold on it: it took `force`. */
  readonly connections: number;
}

export interface OfferDetachEvent extends OfferNameEvent, OfDevice {
  /** Why, in words. */
  readonly reason: string;
}

/** 9P conversations. Lanes send these only while someone listens. */
export interface SessionEvents {
  /** A conversation can begin: a ring was set up, or a socket connected. */
  "session-open": (event: SessionOpenEvent) => void;
  /** Dialect and message size are agreed. */
  "session-version": (event: SessionVersionEvent) => void;
  /** A guest's user mounts the tree. */
  "session-attach": (event: SessionAttachEvent) => void;
  /** A request failed for a fault of the server's or its driver's: the guest got EIO. */
  "session-error": (event: SessionErrorEvent) => void;
  /** One message of the conversation. Of sessions that were opened while someone listened for it. */
  "session-trace": (event: SessionTraceEvent) => void;
}

export interface SessionOpenEvent extends OfSession {
  /** Who came, as far as the transport knows. */
  readonly peer: PeerInfo;
}

export interface SessionVersionEvent extends OfSession {
  /** `9P2000.L`. */
  readonly dialect: string;
  /** Largest message in bytes, from now on. */
  readonly messageSize: number;
}

export interface SessionAttachEvent extends OfSession {
  /** What of the tree is asked for: Tattach's aname. */
  readonly aname: string;
  /** Tattach's uname; often empty. */
  readonly user: string;
  /** Tattach's n_uname. */
  readonly uid: number;
}

export interface SessionErrorEvent extends OfSession {
  /** What went wrong, with the request. */
  readonly message: string;
}

export interface SessionTraceEvent extends OfSession {
  /** The message in words. */
  readonly line: string;
}

/**
 * All that the kernel tells. One stream has all of it: `kernel.events`. A listener gets one frozen object of plain data,
 * with names in it instead of live objects; it decides nothing, nobody waits for it, and when it throws that is logged.
 *
 * Order, for one device: realize, listen, connect, its sessions' events, disconnect, unplug. Every connect is followed
 * by its disconnect before the unplug and before the lane's exit, also when the lane dies. Events of one lane arrive in
 * the order in which they happened; those of two lanes in no order.
 *
 * Order, for one offer of Xen's: offer, then either refuse, or steal (when a device is taken), the events of the fsdev and
 * device that are made for it, attach, the device's own, detach, restore (when a device goes back), withdraw. A refuse
 * may also follow a detach: what served the offer has died. At a stop nothing goes back: detach is the last.
 */
export interface KernelEvents
  extends PluginEvents,
    FsdevEvents,
    LaneEvents,
    DeviceEvents,
    OfferEvents,
    SessionEvents {
  /** Everything that was configured is served. */
  start: (event: KernelStartEvent) => void;
  /** Another configuration was applied, as far as it can be. */
  reconfigure: (event: KernelReconfigureEvent) => void;
  /** Everything has ended. The last event. */
  stop: (event: KernelStopEvent) => void;
}

export interface KernelStartEvent {
  /** How many there are. */
  readonly fsdevs: number;
  /** How many there are. */
  readonly devices: number;
}

export interface KernelReconfigureEvent {
  /** The differences that count from now on: `fsdev fs0`, `added`. */
  readonly applied: readonly { readonly subject: string; readonly change: string }[];
  /** Those that do not, and why. */
  readonly refused: readonly { readonly subject: string; readonly change: string; readonly reason: string }[];
}

export interface KernelStopEvent {
  /** Why: a signal, or what a program said. */
  readonly reason: string;
}

/** The one payload of an event; of several names, any of their payloads. */
export type EventPayload<Events, Name extends keyof Events> = Name extends keyof Events
  ? Events[Name] extends (event: infer Payload) => void
    ? Payload
    : never
  : never;

/** Where events come from, for those that listen. Listeners are called in the order in which they were added. */
export interface EventSource<Events> {
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (event: EventPayload<Events, Name>) => unknown,
  ): void;
  once<Name extends keyof Events & string>(
    name: Name,
    listener: (event: EventPayload<Events, Name>) => unknown,
  ): void;
  off<Name extends keyof Events & string>(
    name: Name,
    listener: (event: EventPayload<Events, Name>) => unknown,
  ): void;
  listenerCount(name: keyof Events & string): number;
}
