import {
  ERRNO,
  type HostNode,
  type HostObject,
  type ModelOptions,
  type NewObject,
  type Outcome,
  S_IFLNK,
  type SecurityModel,
  type SecurityPolicy,
  type Status,
} from "@ninefold/core/contracts";
import { asyncFiles, fchown, getxattr, removexattr, setxattr } from "@ninefold/native";
import {
  decodeField,
  encodeField,
  encodePendingOwner,
  FIELDS,
  guestXattrName,
  hostXattrName,
  type Metadata,
  PENDING_OWNER,
  XATTR_NAMES,
  XATTR_PREFIX,
} from "../formats/index.ts";
import { hostKinds, metadataOf as metadataOfNew } from "../making.ts";
import { ABSENT, shownType, withoutSetId } from "../shown-type.ts";
import { metadataOf, show, tryShow } from "./xattr-metadata.ts";

/** What guests set is in attributes by name of the object itself, in QEMU's format. */
export const mappedXattr: SecurityModel = {
  name: "mapped-xattr",
  description:
    "owners, modes and file types in attributes by name, as QEMU keeps them; the server may be anybody",
  options: ["fmode", "dmode", "native_symlinks"],
  open: policy,
};

function policy(options: ModelOptions): SecurityPolicy {
  return {
    keepsOwners: true,
    making: { kind: "staged", ...hostKinds(options), publish },
    shown: { isInDirectory: false, tryShow, show },
    setOwner,
    setMode,
    hostXattr(name, use) {
      if (name.startsWith(XATTR_PREFIX)) return use === "read" ? -ERRNO.ENODATA : -ERRNO.EACCES;
      return hostXattrName(name) ?? -ERRNO.EOPNOTSUPP;
    },
    guestXattr: guestXattrName,
  };
}

async function publish(made: NewObject, give: () => Outcome): Promise<Status> {
  // A native link can have no attributes of this kind: it belongs to the server, with a mode that means nothing.
  if (made.hostType !== S_IFLNK) {
    const status = await setFields(made, metadataOfNew(made));
    if (status < 0) return status;
  }
  return give();
}

async function setMode(node: HostNode, mode: number): Promise<Status> {
  const type = shownType(node.hostType, await read(node, "mode"));
  return changing(node, () => setFields(node, { mode: type | mode }));
}

/**
 * Owner and group are two attributes. What is to become of them is noted before, so that a crash in between is found,
 * and `ninefold check` finishes it.
 */
async function setOwner(node: HostNode, uid: number, gid: number): Promise<Status> {
  if (uid === -1 && gid === -1) return touch(node);
  const mode = await read(node, "mode");
  const cleared = withoutSetId(node.hostType, mode);
  const isTwofold =
    uid !== -1 && gid !== -1 && uid !== (await read(node, "uid")) && gid !== (await read(node, "gid"));
  return changing(node, async () => {
    if (cleared !== mode) {
      const status = await setFields(node, { mode: cleared });
      if (status < 0) return status;
    }
    const noted = isTwofold ? await set(node, PENDING_OWNER, encodePendingOwner(uid, gid)) : 0;
    if (noted < 0) return noted;
    const status = await setFields(node, { ...(uid !== -1 && { uid }), ...(gid !== -1 && { gid }) });
    if (isTwofold) await remove(node, PENDING_OWNER);
    return status;
  });
}

async function changing(node: HostNode, change: () => Promise<Status>): Promise<Status> {
  try {
    return await change();
  } finally {
    metadataOf(node).forget();
  }
}

async function setFields(object: HostObject, fields: Metadata): Promise<Status> {
  for (const field of FIELDS) {
    const value = fields[field];
    if (value === undefined) continue;
    const status = await set(object, XATTR_NAMES[field], encodeField(field, value));
    if (status < 0) return status;
  }
  return 0;
}

/** The field as it is now; ABSENT when it is not set. */
async function read({ fd, reads }: HostNode, field: keyof Metadata): Promise<number> {
  const bytes = new Uint8Array(8);
  const length = await reads.run(
    () => getxattr(fd, XATTR_NAMES[field], bytes),
    () => asyncFiles.getxattr(fd, XATTR_NAMES[field], bytes),
  );
  return length < 0 ? ABSENT : (decodeField(field, bytes.subarray(0, length)) ?? ABSENT);
}

function set({ fd, changes }: HostObject, name: string, value: Uint8Array): Outcome {
  return changes.run(
    () => setxattr(fd, name, value, 0),
    () => asyncFiles.setxattr(fd, name, value, 0),
  );
}

function remove({ fd, changes }: HostObject, name: string): Outcome {
  return changes.run(
    () => removexattr(fd, name),
    () => asyncFiles.removexattr(fd, name),
  );
}

/** Sets the time of change, as a chown that leaves both does. */
function touch({ fd, changes }: HostObject): Outcome {
  return changes.run(
    () => fchown(fd, -1, -1),
    () => asyncFiles.fchown(fd, -1, -1),
  );
}
