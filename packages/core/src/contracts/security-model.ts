import type { Attributes } from "./attributes.ts";
import type { CreateOptions, Status } from "./fs-tree.ts";

/** 0 and more, or a negative errno; at once where that is quick. */
export type Outcome = Status | Promise<Status>;

/**
 * How a tree over a host folder keeps owners, modes and file types: as the host's own, or beside them. Named by
 * `security_model=`. The driver of the tree knows objects by descriptors, names and identity, and asks the model what
 * they are to look like; a model never walks a tree.
 */
export interface SecurityModel {
  readonly name: string;
  /** One line for `ninefold plugins`. */
  readonly description: string;
  /** Those of the driver's options that only some models take, and this one does. Given with another, they are an error. */
  readonly options: readonly (keyof ModelOptions)[];
  /** Called once a tree. */
  open(options: ModelOptions): SecurityPolicy;
}

export interface ModelOptions {
  /** Permission bits that files get on the host. */
  readonly fmode?: number;
  /** Permission bits that directories get on the host. */
  readonly dmode?: number;
  /** Symbolic links are such on the host, too. */
  readonly native_symlinks?: boolean;
}

/** A model at work in one tree. What is absent costs nothing. */
export interface SecurityPolicy {
  /** Guests can set owners and make device nodes whoever the server is. Without it, that takes a server that is root. */
  readonly keepsOwners: boolean;
  readonly making: OpenMaking | StagedMaking;
  /** What guests see is not what the host has. */
  readonly shown?: ShownAttributes;
  /** Something of an object is kept under its name, and has to go where the name goes. */
  readonly names?: NameChanges;
  /** Names that are the model's own: not shown to guests, and EINVAL. All of them begin with a dot. */
  hides?(name: string): boolean;
  /** -1 leaves the one or the other; with both it is a change all the same (chown(2)). One change of a node at a time. */
  setOwner(node: HostNode, uid: number, gid: number): Outcome;
  /** `mode` has permission, set-id and sticky bits. One change of a node at a time. */
  setMode(node: HostNode, mode: number): Outcome;
  /** The host's name of a guest's attribute, or a negative errno. */
  hostXattr(name: string, use: "read" | "change"): string | Status;
  /** The guest's name of a host's attribute; undefined for what guests do not see. */
  guestXattr(name: string): string | undefined;
}

/** Whether calls that may have to wait for a disk may run on the event loop just now. */
export interface CallPace {
  readonly isQuick: boolean;
  /** Around a call that `isQuick` allowed. */
  begin(): void;
  end(): void;
  /** Runs `now` on the event loop while that is quick, else `later` on the thread pool. */
  run(now: () => Status, later: () => Promise<Status>): Outcome;
}

/** Something on the host that is open, at least as a reference (O_PATH), for as long as a call on it takes. */
export interface HostObject {
  readonly fd: number;
  /** For calls that change something. */
  readonly changes: CallPace;
}

/** An object that has, or had, a place in the folder. */
export interface HostNode extends HostObject {
  /** S_IF* of the host's object. */
  readonly hostType: number;
  /** The directory that it was last seen in; of the root, itself. */
  readonly directory: HostNode;
  /** The name that it was last seen under. */
  readonly name: string;
  readonly isRoot: boolean;
  /** That name leads to it no more. */
  readonly isDetached: boolean;
  /** On a file system of this machine, whose times of change can be relied on. */
  readonly isLocal: boolean;
  /** For calls that read something. */
  readonly reads: CallPace;
  /** The model's own, from call to call. Undefined at first. */
  metadata: object | undefined;
  /** Before a descriptor is kept in `metadata` beyond the call. False: there is no room for one. */
  countDescriptor(): boolean;
  /** One that was counted is closed. */
  discountDescriptor(): void;
}

export interface ShownAttributes {
  /** The model reads beside the node: `node.directory` has its descriptor, too, in all calls about `node`. */
  readonly isInDirectory: boolean;
  /**
   * Puts what the guest is to see over what the host says, of which `into` is full. Only directories of the host may
   * come out as directories. AGAIN when it is not known at once. Allocates nothing when nothing has changed.
   */
  tryShow(node: HostNode, into: Attributes): Status;
  /** The same, on the thread pool where it must be. */
  show(node: HostNode, into: Attributes): Promise<Status>;
  /** The node is forgotten: releases what `metadata` keeps. */
  forget?(node: HostNode): void;
}

/** Objects are made under their names and settled there. */
export interface OpenMaking {
  readonly kind: "open";
  /** Permission bits that an object is made with on the host, before `settle`. */
  firstMode(options: CreateOptions): number;
  /** Gives an object that was just made its owner and mode. After a negative errno it is removed again. */
  settle(object: HostObject, options: CreateOptions): Promise<Status>;
}

/** Objects are made where nobody sees them, and get their names when all that belongs to them is there. */
export interface StagedMaking {
  readonly kind: "staged";
  /** What an object of a type is on the host: S_IFREG, S_IFDIR or S_IFLNK. A symbolic link that is a file there holds its target. */
  hostType(type: number): number;
  /** Permission bits on the host; the server's umask takes away from them. */
  firstMode(hostType: number): number;
  /**
   * Keeps what is to be kept of the object, then has `give` give it its name. After a negative status nothing of it may
   * be left.
   */
  publish(made: NewObject, give: () => Outcome): Promise<Status>;
}

/** An object on its way to its name, at which nothing is yet. */
export interface NewObject extends HostObject {
  /** S_IF*, for guests. */
  readonly type: number;
  readonly hostType: number;
  /** As in Attributes; undefined for what is made by create, mkdir and symlink. */
  readonly rdev: number | undefined;
  readonly options: CreateOptions;
  readonly directory: HostNode;
  readonly name: string;
}

/**
 * Called around the host's own calls, one at a time in a directory. Each answers what `act` does, or a negative errno
 * with nothing changed. A crash at any moment must leave each object as it was or as it is to be, or leave a note of it.
 */
export interface NameChanges {
  /** `node`: the one of that name, if guests hold it; it stays usable. */
  unlink(
    directory: HostNode,
    name: string,
    isDirectory: boolean,
    node: HostNode | undefined,
    act: () => Outcome,
  ): Promise<Status>;
  /** `replaced`: the one at the new name, if guests hold it. */
  rename(
    from: HostNode,
    name: string,
    to: HostNode,
    newName: string,
    replaced: HostNode | undefined,
    act: () => Outcome,
  ): Promise<Status>;
  link(node: HostNode, directory: HostNode, name: string, act: () => Outcome): Promise<Status>;
}

/** How names begin that objects on their way to theirs have on the host, where they need one; 16 hexadecimal digits follow. */
export const STAGED_PREFIX = ".ninefold-new-";

/** Whether `name` is such a name: no guest sees or uses one. */
export function isStagedName(name: string): boolean {
  return name.startsWith(STAGED_PREFIX) && /^[0-9a-f]{16}$/.test(name.slice(STAGED_PREFIX.length));
}
