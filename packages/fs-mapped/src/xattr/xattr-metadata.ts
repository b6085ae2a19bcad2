import {
  AGAIN,
  type Attributes,
  type HostNode,
  S_IFDIR,
  S_IFREG,
  type Status,
} from "@ninefold/core/contracts";
import { asyncFiles, Errno, getxattr } from "@ninefold/native";
import { decodeField, FIELDS, type Metadata, XATTR_NAMES } from "../formats/index.ts";
import { canBeKnownAgain } from "../fresh.ts";
import { ABSENT, type Fields, overlay } from "../shown-type.ts";

/** One byte more than a field can have: what is longer is no field. */
const ROOM = 9;

const scratch = new Uint8Array(ROOM);

/** What a node's attributes say, and when that was so. */
export class XattrMetadata implements Fields {
  uid: number = ABSENT;
  gid: number = ABSENT;
  mode: number = ABSENT;
  rdev: number = ABSENT;
  /** The node's time of change, when this was read; every change of an attribute sets it. */
  #ctimeSec = 0;
  #ctimeNsec = 0;
  #isCurrent = false;

  isCurrentAt(of: Attributes): boolean {
    return this.#isCurrent && of.ctimeNsec === this.#ctimeNsec && of.ctimeSec === this.#ctimeSec;
  }

  /** Takes over what is read from now on, when the node's time of change is that of `at`. */
  begin(node: HostNode, at: Attributes): void {
    this.#ctimeSec = at.ctimeSec;
    this.#ctimeNsec = at.ctimeNsec;
    this.#isCurrent = canBeKnownAgain(node, at.ctimeSec, at.ctimeNsec);
  }

  /** It is read anew at the next occasion. */
  forget(): void {
    this.#isCurrent = false;
  }

  /** Takes what a call has answered for a field. A negative errno when it could not be read. */
  take(field: keyof Metadata, bytes: Uint8Array, answer: Status): Status {
    // Of objects and file systems that have no such attributes nothing is kept.
    const isNone = answer === -Errno.ENODATA || answer === -Errno.EOPNOTSUPP || answer === -Errno.ERANGE;
    if (answer < 0 && !isNone) return answer;
    this[field] = answer < 0 ? ABSENT : (decodeField(field, bytes.subarray(0, answer)) ?? ABSENT);
    return 0;
  }
}

/** Whether the host keeps attributes by name for the object at all. */
export function hasXattrs(node: HostNode): boolean {
  return node.hostType === S_IFREG || node.hostType === S_IFDIR;
}

export function metadataOf(node: HostNode): XattrMetadata {
  node.metadata ??= new XattrMetadata();
  return node.metadata as XattrMetadata;
}

export function tryShow(node: HostNode, into: Attributes): Status {
  if (!hasXattrs(node)) return 0;
  const known = metadataOf(node);
  if (!known.isCurrentAt(into)) {
    const status = readNow(node, known, into);
    if (status < 0) return status;
  }
  overlay(node.hostType, known, into);
  return 0;
}

export async function show(node: HostNode, into: Attributes): Promise<Status> {
  if (!hasXattrs(node)) return 0;
  const known = metadataOf(node);
  if (!known.isCurrentAt(into)) {
    const status = await readLater(node, known, into);
    if (status < 0) return status;
  }
  overlay(node.hostType, known, into);
  return 0;
}

function readNow(node: HostNode, known: XattrMetadata, at: Attributes): Status {
  if (!node.reads.isQuick) return AGAIN;
  node.reads.begin();
  known.begin(node, at);
  let status: Status = 0;
  for (const field of FIELDS) {
    status = known.take(field, scratch, getxattr(node.fd, XATTR_NAMES[field], scratch));
    if (status < 0) break;
  }
  node.reads.end();
  if (status < 0) known.forget();
  return status;
}

async function readLater(node: HostNode, known: XattrMetadata, at: Attributes): Promise<Status> {
  known.begin(node, at);
  for (const field of FIELDS) {
    const bytes = new Uint8Array(ROOM);
    const answer = await asyncFiles.getxattr(node.fd, XATTR_NAMES[field], bytes);
    const status = known.take(field, bytes, answer);
    if (status >= 0) continue;
    known.forget();
    return status;
  }
  return 0;
}
