import {
  AGAIN,
  type AttributeChanges,
  type Attributes,
  type CallPace,
  type CreateOptions,
  type FsFile,
  type FsNode,
  type HeldLock,
  type HostNode,
  type LockOwner,
  type LockRange,
  type NodeKey,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Status,
} from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  close,
  StatxBuffer,
  statx,
} from "@ninefold/native";
import { changeAttributes } from "./changes/change-attributes.ts";
import { createFile, makeDirectory, makeSpecial, makeSymlink } from "./changes/make.ts";
import { linkEntry, moveEntry, removeEntry } from "./changes/names.ts";
import type { Device } from "./host/device.ts";
import { fillAttributes } from "./host/fill-attributes.ts";
import { descriptor, openEntry, STAT_MASK, tryDescriptor, tryOpenEntry } from "./host/find-descriptor.ts";
import { offerDescriptor, settleNode } from "./host/node-life.ts";
import { detachNode, placeNode } from "./host/node-place.ts";
import type { NodeRing } from "./host/node-ring.ts";
import { show, tryShow } from "./host/show.ts";
import { check, failure } from "./host/status.ts";
import type { LocalTree } from "./local-tree.ts";
import { conflictingLock, lockNode } from "./locks/lock-node.ts";
import type { NodeLocks } from "./locks/node-locks.ts";
import { keyId, pathOf } from "./node-key.ts";
import type { OpenFile } from "./open-file.ts";
import { openNode, tryOpenNode } from "./open-node.ts";
import { readTarget } from "./read-target.ts";
import { hasSetId } from "./set-id.ts";
import { getXattr, listXattrs, removeXattr, setXattr } from "./xattrs.ts";

/** How often a lookup begins anew because names of its directory changed meanwhile. */
const MOST_LOOKUPS = 8;

/**
 * One object of the folder, whatever names it has. What it was seen as last (`directory`, `name`) serves to open it
 * again when its descriptor had to be closed; that it is the same object then is always verified.
 */
export class LocalNode implements FsNode, HostNode {
  readonly tree: LocalTree;
  readonly device: Device;
  /** S_IF*, as the host has it. */
  readonly hostType: number;
  /** S_IF*, for guests; 0 as long as only the security model could tell. */
  type: number;
  /** Halves of the inode number, as signed 32-bit integers, which take no memory of their own. */
  readonly inodeLow: number;
  readonly inodeHigh: number;
  readonly btimeSec: number;
  readonly btimeNsec: number;
  readonly mountId: number;
  /** Order in which two directories are locked. */
  readonly serial: number;

  directory: LocalNode;
  name = "";
  /** O_PATH; -1 when it is not open. */
  fd = -1;
  /** It cannot be found by its name any more: its descriptor is all that leads to it. */
  isDetached = false;
  /** It may have a set-user-ID bit, or a set-group-ID bit, that a write has to clear. */
  maySetId = false;
  /** Known nodes that were last seen in this directory. */
  children: Map<string, LocalNode> | undefined;
  /** Something is mounted on an entry of this directory. */
  hasMounts = false;
  /** Counts changes of names in this directory by this tree. */
  nameChanges = 0;
  lastTurn: Promise<unknown> | undefined;
  /** Open files of this node, linked through each other. */
  files: OpenFile | undefined;
  locks: NodeLocks | undefined;
  /** The security model's. */
  metadata: object | undefined;

  /** The next one of the same inode number. */
  twin: LocalNode | undefined;
  ring: NodeRing | undefined;
  ringNext: LocalNode | undefined;
  ringBefore: LocalNode | undefined;
  isTouched = false;
  idleSince = 0;
  references = 1;
  /** Calls at work with the node. */
  holds = 0;

  constructor(tree: LocalTree, device: Device, stat: StatxBuffer) {
    this.tree = tree;
    this.device = device;
    this.hostType = stat.mode & S_IFMT;
    this.type = tree.policy.shown !== undefined && this.hostType === S_IFREG ? 0 : this.hostType;
    this.inodeLow = stat.inoLow | 0;
    this.inodeHigh = stat.inoHigh | 0;
    this.btimeSec = stat.btimeSec;
    this.btimeNsec = stat.btimeNsec;
    this.mountId = stat.mountId;
    this.serial = tree.nextSerial();
    this.directory = this;
  }

  get isRoot(): boolean {
    return this.tree.isRoot(this);
  }

  get isDirectory(): boolean {
    return this.hostType === S_IFDIR;
  }

  get isLocal(): boolean {
    return this.device.isLocal;
  }

  get changes(): CallPace {
    return this.device.changes;
  }

  get reads(): CallPace {
    return this.device.listings;
  }

  countDescriptor(): boolean {
    return this.tree.descriptors.take();
  }

  discountDescriptor(): void {
    this.tree.descriptors.give();
  }

  /** Whether `stat` tells of this object; the mount it was seen through may be another. */
  isSame(stat: StatxBuffer): boolean {
    return (
      (stat.inoLow | 0) === this.inodeLow &&
      (stat.inoHigh | 0) === this.inodeHigh &&
      stat.btimeNsec === this.btimeNsec &&
      stat.btimeSec === this.btimeSec &&
      stat.devMinor === this.device.minor &&
      stat.devMajor === this.device.major &&
      (stat.mode & S_IFMT) === this.hostType
    );
  }

  key(): NodeKey {
    return { id: keyId(this), path: pathOf(this) };
  }

  parent(): FsNode {
    this.directory.retain();
    return this.directory;
  }

  retain(): void {
    if (this.references++ > 0 || !this.tree.descriptors.isIdle(this)) return;
    this.tree.descriptors.withdraw(this);
    offerDescriptor(this);
  }

  release(): void {
    this.references--;
    settleNode(this);
  }

  /** Keeps the node and its descriptor, if it has or gets one, while a call is at work with it. */
  hold(): void {
    if (this.holds++ === 0) this.tree.descriptors.withdraw(this);
  }

  letGo(): void {
    this.holds--;
    settleNode(this);
    offerDescriptor(this);
  }

  /** `stat` tells of this node, which was found in `directory` (undefined: it is the root) as `name`. */
  seen(stat: StatxBuffer, directory: LocalNode | undefined, name: string): void {
    this.#sawMode(stat.mode);
    if (directory === undefined || this.isRoot) return;
    placeNode(this, directory, name);
    // Without a name already: a race with whoever removed it. Remote file systems may not count links at all.
    if (stat.nlink === 0 && this.device.isLocal) detachNode(this);
  }

  tryStat(into: Attributes): Status {
    if (!this.device.isLocal) return AGAIN;
    const fd = tryDescriptor(this);
    return fd < 0 ? fd : this.#statNow(fd, into);
  }

  async stat(into: Attributes): Promise<void> {
    const status = this.tryStat(into);
    if (status !== AGAIN) {
      check(status, this.name);
      return;
    }
    this.hold();
    const stat = new StatxBuffer();
    try {
      check(await asyncFiles.statx(await descriptor(this), "", AT_EMPTY_PATH, STAT_MASK, stat), this.name);
      fillAttributes(into, stat, this.device);
      await show(this, into);
    } finally {
      stat.close();
      this.letGo();
    }
  }

  tryLookup(name: string): LocalNode | Status {
    const fd = tryDescriptor(this);
    if (fd < 0) return fd;
    return this.#childNow(fd, name) ?? this.#openChildNow(fd, name);
  }

  async lookup(name: string): Promise<LocalNode> {
    const found = this.tryLookup(name);
    if (typeof found !== "number") return found;
    if (found !== AGAIN) throw failure(found, name);
    this.hold();
    try {
      for (let tries = 1; ; tries++) {
        const before = this.nameChanges;
        const opened = check(await openEntry(this, await descriptor(this), name), name);
        // A rename that ended meanwhile knows better where the node is.
        const isOld = this.nameChanges !== before && tries < MOST_LOOKUPS;
        if (!isOld) return await this.tree.adoptAnywhere(opened, this, name);
        close(opened);
      }
    } finally {
      this.letGo();
    }
  }

  tryOpen(flags: number): FsFile | Status {
    return tryOpenNode(this, flags);
  }

  open(flags: number): Promise<FsFile> {
    return openNode(this, flags);
  }

  setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    return changeAttributes(this, changes, via);
  }

  create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    return createFile(this, name, flags, options);
  }

  mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    return makeDirectory(this, name, options);
  }

  mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    return makeSpecial(this, name, rdev, options);
  }

  symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return makeSymlink(this, name, target, options);
  }

  readlink(): Promise<string> {
    return readTarget(this);
  }

  async link(name: string, node: FsNode): Promise<void> {
    return linkEntry(this, name, this.tree.own(node));
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    return moveEntry(this, name, this.tree.own(directory), newName);
  }

  unlink(name: string, directory: boolean): Promise<void> {
    return removeEntry(this, name, directory);
  }

  getXattr(name: string): Promise<Uint8Array> {
    return getXattr(this, name);
  }

  listXattrs(): Promise<readonly string[]> {
    return listXattrs(this);
  }

  setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    return setXattr(this, name, value, mode);
  }

  removeXattr(name: string): Promise<void> {
    return removeXattr(this, name);
  }

  lock(owner: LockOwner, range: LockRange): Promise<boolean> {
    return lockNode(this, owner, range);
  }

  getLock(owner: LockOwner, range: LockRange): Promise<HeldLock | undefined> {
    return conflictingLock(this, owner, range);
  }

  /** Of a mode that is not what guests see only `show` can tell. */
  #sawMode(mode: number): void {
    if (this.tree.policy.shown === undefined) this.maySetId = hasSetId(mode);
    else if (this.type === 0) this.maySetId = true;
  }

  #statNow(fd: number, into: Attributes): Status {
    const { stat } = this.tree;
    const status = statx(fd, "", AT_EMPTY_PATH, STAT_MASK, stat);
    if (status < 0) return status;
    fillAttributes(into, stat, this.device);
    return tryShow(this, into);
  }

  /** The entry as it was seen before, if it still is: its own descriptor keeps it cached, so that this asks no disk. */
  #childNow(fd: number, name: string): LocalNode | undefined {
    const child = this.children?.get(name);
    if (child === undefined || child.fd < 0 || !child.device.isLocal) return undefined;
    const { stat } = this.tree;
    if (statx(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STAT_MASK, stat) < 0) return undefined;
    if (!child.isSame(stat) || child.mountId !== stat.mountId) return undefined;
    child.#sawMode(stat.mode);
    child.retain();
    return child;
  }

  #openChildNow(fd: number, name: string): LocalNode | Status {
    const opened = tryOpenEntry(this, fd, name);
    return opened < 0 ? opened : this.tree.adopt(opened, this, name);
  }
}
