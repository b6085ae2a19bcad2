import {
  AGAIN,
  type Attributes,
  ERRNO,
  type HostNode,
  S_IFMT,
  S_IFREG,
  type Status,
} from "@ninefold/core/contracts";
import {
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  close,
  O_RDONLY,
  openat2,
  preadBytes,
  STATX_CTIME,
  STATX_INO,
  STATX_TYPE,
  StatxBuffer,
  statx,
} from "@ninefold/native";
import {
  LONGEST_METADATA_FILE,
  METADATA_DIRECTORY,
  type Metadata,
  parseMetadataFile,
  ROOT_METADATA_FILE,
} from "../formats/index.ts";
import { canBeKnownAgain } from "../fresh.ts";
import { ABSENT, type Fields, overlay } from "../shown-type.ts";
import { CAREFUL, RESOLVE } from "./metadata-place.ts";

const MASK = STATX_TYPE | STATX_INO | STATX_CTIME;
const NO_FOLLOW = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

const scratch = new Uint8Array(LONGEST_METADATA_FILE);

/** What a node's metadata file says, and which state of which file that was. */
export class FileMetadata implements Fields {
  uid: number = ABSENT;
  gid: number = ABSENT;
  mode: number = ABSENT;
  rdev: number = ABSENT;
  /** The metadata file itself, of a node that has lost the name that led to it and has others; -1 when it is not needed. */
  kept = -1;
  #name: string | undefined;
  #path = "";
  #inodeLow = 0;
  #inodeHigh = 0;
  #ctimeSec = 0;
  #ctimeNsec = 0;
  #isCurrent = false;

  /** Where the file is, seen from the node's directory. */
  pathFor(node: HostNode): string {
    if (this.#name !== node.name) {
      this.#name = node.name;
      this.#path = node.isRoot ? ROOT_METADATA_FILE : `${METADATA_DIRECTORY}/${node.name}`;
      this.#isCurrent = false;
    }
    return this.#path;
  }

  isCurrentAt(stat: StatxBuffer): boolean {
    return (
      this.#isCurrent &&
      stat.ctimeNsec === this.#ctimeNsec &&
      stat.ctimeSec === this.#ctimeSec &&
      stat.inoLow === this.#inodeLow &&
      stat.inoHigh === this.#inodeHigh
    );
  }

  /** What is taken from now on is read when the file is as `stat` tells. */
  begin(node: HostNode, stat: StatxBuffer): void {
    this.#inodeLow = stat.inoLow;
    this.#inodeHigh = stat.inoHigh;
    this.#ctimeSec = stat.ctimeSec;
    this.#ctimeNsec = stat.ctimeNsec;
    this.#isCurrent = canBeKnownAgain(node, stat.ctimeSec, stat.ctimeNsec);
  }

  forget(): void {
    this.#isCurrent = false;
  }

  take({ uid = ABSENT, gid = ABSENT, mode = ABSENT, rdev = ABSENT }: Metadata): void {
    this.uid = uid;
    this.gid = gid;
    this.mode = mode;
    this.rdev = rdev;
  }

  get metadata(): Metadata {
    const { uid, gid, mode, rdev } = this;
    return {
      ...(uid !== ABSENT && { uid }),
      ...(gid !== ABSENT && { gid }),
      ...(mode !== ABSENT && { mode }),
      ...(rdev !== ABSENT && { rdev }),
    };
  }
}

export function metadataOf(node: HostNode): FileMetadata {
  node.metadata ??= new FileMetadata();
  return node.metadata as FileMetadata;
}

/** Nothing is kept of the object, or what is at the name is no metadata file. */
function isNone(status: Status): boolean {
  return status === -ERRNO.ENOENT || status === -ERRNO.ENOTDIR || status === -ERRNO.ELOOP;
}

const stat = new StatxBuffer();

export function tryShow(node: HostNode, into: Attributes): Status {
  const known = metadataOf(node);
  if (!node.isDetached) {
    if (!node.reads.isQuick) return AGAIN;
    node.reads.begin();
    const status = readNow(node, known);
    node.reads.end();
    if (status < 0) return status;
  }
  overlay(node.hostType, known, into);
  return 0;
}

export async function show(node: HostNode, into: Attributes): Promise<Status> {
  const status = await load(node);
  if (status >= 0) overlay(node.hostType, metadataOf(node), into);
  return status;
}

/** Makes what is known of the node current. Of a node that lost its name it stays what it was then. */
export async function load(node: HostNode): Promise<Status> {
  const known = metadataOf(node);
  if (node.isDetached) return 0;
  if (!node.reads.isQuick) return readLater(node, known);
  node.reads.begin();
  const status = readNow(node, known);
  node.reads.end();
  return status;
}

function readNow(node: HostNode, known: FileMetadata): Status {
  const directory = node.directory.fd;
  const path = known.pathFor(node);
  const found = statx(directory, path, NO_FOLLOW, MASK, stat);
  if (found >= 0 && known.isCurrentAt(stat)) return 0;
  if (found < 0 || (stat.mode & S_IFMT) !== S_IFREG) return none(known, found);
  known.begin(node, stat);
  const fd = openat2(directory, path, O_RDONLY | CAREFUL, 0, RESOLVE);
  if (fd < 0) return none(known, fd);
  const length = preadBytes(fd, scratch, 0);
  close(fd);
  return taken(known, scratch, length);
}

async function readLater(node: HostNode, known: FileMetadata): Promise<Status> {
  const directory = node.directory.fd;
  const path = known.pathFor(node);
  known.forget();
  const fd = await asyncFiles.openat2(directory, path, O_RDONLY | CAREFUL, 0, RESOLVE);
  if (fd < 0) return none(known, fd);
  const bytes = new Uint8Array(LONGEST_METADATA_FILE);
  const length = await asyncFiles.preadBytes(fd, bytes, 0);
  close(fd);
  return taken(known, bytes, length);
}

function none(known: FileMetadata, status: Status): Status {
  known.forget();
  if (status < 0 && !isNone(status)) return status;
  known.take({});
  return 0;
}

function taken(known: FileMetadata, bytes: Uint8Array, length: Status): Status {
  if (length < 0) {
    known.forget();
    // A folder is at the name.
    return length === -ERRNO.EISDIR ? none(known, 0) : length;
  }
  known.take(parseMetadataFile(bytes.subarray(0, length)));
  return 0;
}
