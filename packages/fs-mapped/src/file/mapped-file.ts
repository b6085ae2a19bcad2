import {
  ERRNO,
  type HostNode,
  type ModelOptions,
  type Outcome,
  type SecurityModel,
  type SecurityPolicy,
  type Status,
} from "@ninefold/core/contracts";
import { close } from "@ninefold/native";
import { isMetadataName, type Metadata } from "../formats/index.ts";
import { hostKinds } from "../making.ts";
import { ABSENT, shownType, withoutSetId } from "../shown-type.ts";
import { changeFields, touch } from "./change-fields.ts";
import { metadataOf, show, tryShow } from "./file-metadata.ts";
import { link, publish, rename, unlink } from "./name-changes.ts";

/** What guests set is in a file of the object's name, in a hidden folder beside it, in QEMU's format. */
export const mappedFile: SecurityModel = {
  name: "mapped-file",
  description: "owners, modes and file types in hidden files, as QEMU keeps them; the server may be anybody",
  options: ["fmode", "dmode", "native_symlinks"],
  open: policy,
};

/** As with passthrough, which these attributes of the host's files are no different from. */
const isShown = (name: string): boolean => name.startsWith("user.") || name.startsWith("system.posix_acl_");

function policy(options: ModelOptions): SecurityPolicy {
  return {
    keepsOwners: true,
    making: { kind: "staged", ...hostKinds(options), publish },
    shown: { isInDirectory: true, tryShow, show, forget },
    names: { unlink, rename, link },
    hides: isMetadataName,
    setOwner,
    setMode,
    hostXattr: (name) => (isShown(name) ? name : -ERRNO.EOPNOTSUPP),
    guestXattr: (name) => (isShown(name) ? name : undefined),
  };
}

function setMode(node: HostNode, mode: number): Promise<Status> {
  return changeFields(node, (now) => ({ ...now, mode: shownType(node.hostType, now.mode ?? ABSENT) | mode }));
}

function setOwner(node: HostNode, uid: number, gid: number): Outcome {
  if (uid === -1 && gid === -1) return touch(node);
  return changeFields(node, (now): Metadata => {
    const { mode } = now;
    return {
      ...now,
      ...(uid !== -1 && { uid }),
      ...(gid !== -1 && { gid }),
      ...(mode !== undefined && { mode: withoutSetId(node.hostType, mode) }),
    };
  });
}

function forget(node: HostNode): void {
  const known = metadataOf(node);
  if (known.kept < 0) return;
  close(known.kept);
  known.kept = -1;
  node.discountDescriptor();
}
