import { NodeTable } from "./node-table.ts";
import { Pace } from "./pace.ts";

const TMPFS = 0x0102_1994;
const RAMFS = 0x8584_58f6;

/**
 * File systems (statfs's f_type) whose answers come from memory or a disk of this machine. What is not known is taken
 * for one that may hang: FUSE, NFS, CIFS, 9P.
 */
const ON_THIS_MACHINE: ReadonlySet<number> = new Set([
  ...[0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e], // ext, XFS, btrfs, F2FS, ZFS, bcachefs
  ...[TMPFS, RAMFS, 0x794c_7630], // overlay
  ...[0x7371_7368, 0xe0f5_e1e2, 0x9660, 0x1501_3346], // squashfs, EROFS, ISO 9660, UDF
  ...[0x4d44, 0x2011_bab0, 0x7366_746e, 0x4244, 0x482b, 0x3153_464a], // FAT, exFAT, NTFS, HFS, HFS+, JFS
]);

/** Set in the numbers of all devices but the root's, which in practice never uses it. */
const FOREIGN = 0x8000_0000;
const SLOTS = 0x7fff;

/** One file system of the host, as `st_dev` tells them apart, with what is known of its manners. */
export class Device {
  readonly major: number;
  readonly minor: number;
  /** Names the file system across restarts: its fsid, or where it has none, the device number. */
  readonly idLow: number;
  readonly idHigh: number;
  /** Inode numbers are the guest's qid.path as they are. Else `slot` tells its devices apart. */
  readonly slot: number | undefined;
  /** Its calls end in bounded time. */
  readonly isLocal: boolean;
  /** Its reads and writes never ask a disk. */
  readonly isMemory: boolean;
  /** RWF_NOWAIT is understood; found out by use. */
  readsNowait = true;
  writesNowait = true;
  /** Files without a name (O_TMPFILE) can be made; found out by use. */
  makesNameless = true;
  /** Changes of names and attributes, file writes, directory reads. */
  readonly changes: Pace;
  readonly writes: Pace;
  readonly listings: Pace;
  readonly nodes: NodeTable = new NodeTable();

  constructor(identity: DeviceIdentity, slot: number | undefined) {
    this.major = identity.major;
    this.minor = identity.minor;
    this.idLow = identity.idLow;
    this.idHigh = identity.idHigh;
    this.slot = slot;
    this.isLocal = ON_THIS_MACHINE.has(identity.type);
    this.isMemory = identity.type === TMPFS || identity.type === RAMFS;
    this.changes = new Pace(!this.isLocal);
    this.writes = new Pace(!this.isLocal);
    this.listings = new Pace(!this.isLocal);
  }

  /** Low half of qid.path. */
  pathLow(inodeLow: number, inodeHigh: number): number {
    if (this.slot === undefined || inodeHigh >>> 16 === 0) return inodeLow >>> 0;
    return fold(inodeLow, inodeHigh, 0x85eb_ca6b);
  }

  /**
   * High half of qid.path. On a foreign device: bit 63, 15 bits of device, 48 bits of inode. The few inode numbers that
   * need more (overlay, FUSE) are folded into 48 bits: two of them fall together once in 2^48 pairs.
   */
  pathHigh(inodeLow: number, inodeHigh: number): number {
    if (this.slot === undefined) return inodeHigh >>> 0;
    const top = inodeHigh >>> 16 === 0 ? inodeHigh : fold(inodeHigh, inodeLow, 0xc2b2_ae35) & 0xffff;
    return (FOREIGN | (this.slot << 16) | top) >>> 0;
  }
}

export interface DeviceIdentity {
  readonly major: number;
  readonly minor: number;
  readonly idLow: number;
  readonly idHigh: number;
  /** statfs's f_type. */
  readonly type: number;
}

/** Where a device would like to be among the foreign ones: the same after each start. */
export function preferredSlot(idLow: number, idHigh: number): number {
  return fold(idLow, idHigh, 0x9e37_79b1) % SLOTS;
}

/** The first slot from the preferred one on that is not taken; undefined when all are. */
export function freeSlot(preferred: number, isTaken: (slot: number) => boolean): number | undefined {
  for (let step = 0; step < SLOTS; step++) {
    const slot = (preferred + step) % SLOTS;
    if (!isTaken(slot)) return slot;
  }
  return undefined;
}

function fold(a: number, b: number, factor: number): number {
  let mixed = Math.imul(a ^ (a >>> 16), factor) ^ b;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4_eb2f);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
