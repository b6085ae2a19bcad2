import { close, getxattr, O_NOFOLLOW, O_PATH, openat, removexattr, setxattr } from "@ninefold/native";
import { decodePendingOwner, encodeField, PENDING_OWNER, XATTR_NAMES } from "../formats/index.ts";
import type { Report } from "./check-metadata-folder.ts";

/** Finds a change of owner and group that a crash has cut in two, and finishes it. `name` "." is the folder itself. */
export function checkOwner(fd: number, name: string, report: Report): void {
  const object = openat(fd, name, O_PATH | O_NOFOLLOW);
  if (object < 0) return;
  const value = new Uint8Array(16);
  const length = getxattr(object, PENDING_OWNER, value);
  const owner = length < 0 ? undefined : decodePendingOwner(value.subarray(0, length));
  if (length >= 0) {
    const what =
      owner === undefined ? "a note that nobody can read" : `owner ${owner.uid}, group ${owner.gid}`;
    report("half-owner", name, `a change of its owner was cut in two: ${what}`, () => {
      const isSet =
        owner === undefined ||
        (setxattr(object, XATTR_NAMES.uid, encodeField("uid", owner.uid), 0) >= 0 &&
          setxattr(object, XATTR_NAMES.gid, encodeField("gid", owner.gid), 0) >= 0);
      return isSet && removexattr(object, PENDING_OWNER) >= 0;
    });
  }
  close(object);
}
