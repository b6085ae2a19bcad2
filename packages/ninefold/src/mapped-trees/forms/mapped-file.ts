import { S_IFDIR } from "@ninefold/core";
import {
  formatMetadataFile,
  isMetadataName,
  LONGEST_METADATA_FILE,
  METADATA_DIRECTORY,
  parseMetadataFile,
  ROOT_METADATA_FILE,
} from "@ninefold/fs-mapped/formats";
import { AT_REMOVEDIR, Errno, mkdirat, unlinkat } from "@ninefold/native";
import type { Staging } from "../convert/staging.ts";
import type { HostEntry } from "../host-entry.ts";
import { fileIn } from "../read-file.ts";
import { ACL_NAMES, aclsOf, isSpecial, metadataFor } from "../shown.ts";
import { need } from "../tree-error.ts";
import { namesIn } from "../walk.ts";
import type { Form } from "./form.ts";
import { refusesSpecial, shownOf } from "./mapped.ts";
import { DMODE, FMODE } from "./native.ts";

/** QEMU's mapped-file: a file for each object, in a folder beside it. `staging` is needed to write. */
export function mappedFileForm(staging?: Staging): Form {
  return {
    name: "mapped-file",
    isMapped: true,
    keepsByName: true,
    read: (entry) => shownOf(entry, parseMetadataFile(bytesOf(entry) ?? NOTHING), aclsOf(entry)),
    refusesFrom(entry, shown) {
      const bytes = bytesOf(entry);
      if (bytes !== undefined && bytes.length > LONGEST_METADATA_FILE)
        return "its metadata file is longer than any that QEMU writes; see ninefold check";
      const isGuests = (name: string): boolean => name.startsWith("user.");
      return refusesSpecial(entry, shown, entry.xattrs().filter(isGuests));
    },
    refusesTo(_entry, { uid, gid, rdev }) {
      if (uid === 0xffff_ffff || gid === 0xffff_ffff)
        return "mapped-file cannot say that something belongs to 4294967295";
      return rdev > 0xffff_fffe ? `mapped-file cannot keep the device number ${rdev}` : undefined;
    },
    keepsSpecial: (entry) => isSpecial(parseMetadataFile(bytesOf(entry) ?? NOTHING).mode ?? 0),
    hasTraces: (entry) => bytesOf(entry) !== undefined,
    write(entry, shown) {
      if (staging === undefined) throw new TypeError("metadata files are written by way of a staging folder");
      const bytes = formatMetadataFile(metadataFor(shown));
      if (bytes.length > 0)
        withPlace(entry, true, (folder, name) => staging.placeFile(bytes, entry, folder, name));
      for (const name of ACL_NAMES) {
        const acl = shown.acls[name];
        if (acl !== undefined) entry.setXattr(name, acl);
      }
    },
    clean(entry, { to }) {
      if (to.isMapped && ACL_NAMES.some((name) => entry.xattr(name) !== undefined)) {
        for (const name of ACL_NAMES) entry.removeXattr(name);
        entry.chmod(entry.type === S_IFDIR ? DMODE : FMODE);
      }
      withPlace(entry, false, (folder, name) => {
        const result = unlinkat(folder.fd, name, 0);
        if (result !== -Errno.ENOENT) need(result, entry.path, "removing its metadata file");
      });
    },
    cleanDirectory(entry) {
      using folder = metadataFolder(entry);
      if (folder === undefined) return;
      // What is left is of objects that are there no more.
      for (const name of namesIn(folder))
        need(unlinkat(folder.fd, name, 0), `${folder.path}/${name}`, "removing it");
      need(unlinkat(entry.fd, METADATA_DIRECTORY, AT_REMOVEDIR), folder.path, "removing it");
    },
    hides: isMetadataName,
  };
}

const NOTHING = new Uint8Array(0);

/** The metadata file's content, up to a byte more than it may have. */
function bytesOf(entry: HostEntry): Uint8Array | undefined {
  return withPlace(entry, false, (folder, name) => fileIn(folder, name, LONGEST_METADATA_FILE + 1));
}

/** Calls `use` with the folder and the name of an object's metadata file, if there is such a folder, or one is to be made. */
function withPlace<Value>(
  entry: HostEntry,
  make: boolean,
  use: (folder: HostEntry, name: string) => Value,
): Value | undefined {
  const { parent } = entry;
  if (parent === undefined) return use(entry, ROOT_METADATA_FILE);
  if (make) {
    const made = mkdirat(parent.fd, METADATA_DIRECTORY, DMODE);
    if (made !== -Errno.EEXIST) need(made, `${parent.path}/${METADATA_DIRECTORY}`, "making it");
  }
  using folder = metadataFolder(parent);
  if (folder !== undefined) return use(folder, entry.name);
  if (make) need(-Errno.ENOTDIR, `${parent.path}/${METADATA_DIRECTORY}`, "opening it");
  return undefined;
}

function metadataFolder(directory: HostEntry): HostEntry | undefined {
  const folder = directory.open(METADATA_DIRECTORY);
  if (folder === undefined || folder.type === S_IFDIR) return folder;
  folder[Symbol.dispose]();
  return undefined;
}
