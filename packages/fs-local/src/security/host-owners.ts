import {
  type CreateOptions,
  ERRNO,
  type HostObject,
  type Outcome,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type SecurityPolicy,
} from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  asyncFiles,
  effectiveGid,
  effectiveUid,
  fchmod,
  fchown,
  STATX_GID,
  STATX_MODE,
  STATX_TYPE,
  STATX_UID,
  StatxBuffer,
  statx,
} from "@ninefold/native";

const S_ISGID = 0o2000;
const MASK = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID;

/** Owners and modes are the host's own. `ownerMustBeKept`: an object that cannot be given to its owner is not made. */
export function hostOwners(
  ownerMustBeKept: boolean,
): Pick<SecurityPolicy, "keepsOwners" | "making" | "setOwner" | "setMode"> {
  return {
    keepsOwners: false,
    setOwner,
    setMode,
    making: {
      kind: "open",
      firstMode,
      async settle(object, options) {
        const { mode, uid, gid, status } = lookAt(object);
        if (status < 0) return status;
        const givesAway =
          (options.uid !== -1 && options.uid !== uid) || (options.gid !== -1 && options.gid !== gid);
        const given = givesAway ? await setOwner(object, options.uid, options.gid) : 0;
        return given < 0 && ownerMustBeKept ? given : settleMode(object, mode, options.mode);
      },
    },
  };
}

/**
 * What is to be given to another owner is for the server alone until then, and set-id bits wait for the owner in any
 * case: nobody gets at the object in between.
 */
function firstMode(options: CreateOptions): number {
  const staysOurs =
    (options.uid === -1 || options.uid === effectiveUid()) &&
    (options.gid === -1 || options.gid === effectiveGid());
  return options.mode & (staysOurs ? 0o777 : 0o700);
}

function setOwner({ fd, changes }: HostObject, uid: number, gid: number): Outcome {
  return changes.run(
    () => fchown(fd, uid, gid),
    () => asyncFiles.fchown(fd, uid, gid),
  );
}

function setMode({ fd, changes }: HostObject, mode: number): Outcome {
  return changes.run(
    () => fchmod(fd, mode),
    () => asyncFiles.fchmod(fd, mode),
  );
}

/** The server's umask, or a default ACL of the directory, may have taken bits away that the guest has asked for. */
async function settleMode(object: HostObject, actual: number, asked: number): Promise<number> {
  const type = actual & S_IFMT;
  if (type === S_IFLNK) return 0;
  // What a directory has inherited from a set-group-ID directory stays.
  const mode = (asked & 0o7777) | (type === S_IFDIR ? actual & S_ISGID : 0);
  if ((actual & 0o7777) === mode) return 0;
  const status = await setMode(object, mode);
  // FAT and its like keep no modes.
  return status === -ERRNO.EPERM || status === -ERRNO.EOPNOTSUPP ? 0 : status;
}

function lookAt({ fd }: HostObject): { status: number; mode: number; uid: number; gid: number } {
  const stat = new StatxBuffer();
  const status = statx(fd, "", AT_EMPTY_PATH, MASK, stat);
  const { mode, uid, gid } = stat;
  stat.close();
  return { status, mode, uid, gid };
}
