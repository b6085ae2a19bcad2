/**
 * How QEMU's mapped models write down what guests set: pure functions over bytes, without a file system.
 *
 * ```ts
 * import { formatMetadataFile, parseMetadataFile } from "@ninefold/fs-mapped/formats";
 *
 * const bytes = formatMetadataFile({ uid: 1000, gid: 1000, mode: 0o100644 });
 * console.log(parseMetadataFile(bytes));
 * ```
 *
 * @packageDocumentation
 */
export {
  formatMetadataFile,
  isMetadataName,
  LONGEST_METADATA_FILE,
  METADATA_DIRECTORY,
  parseMetadataFile,
  ROOT_METADATA_FILE,
} from "./file-format.ts";
export { type Metadata, withChanges } from "./metadata.ts";
export { decodeRenameNote, encodeRenameNote, type RenameNote } from "./rename-note.ts";
export {
  decodeField,
  decodePendingOwner,
  encodeField,
  encodePendingOwner,
  FIELDS,
  guestXattrName,
  hostXattrName,
  PENDING_OWNER,
  XATTR_NAMES,
  XATTR_PREFIX,
} from "./xattr-format.ts";
