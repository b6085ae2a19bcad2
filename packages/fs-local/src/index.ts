/**
 * A folder of the host as a tree.
 *
 * ```ts
 * import { localFs } from "@ninefold/fs-local";
 *
 * const tree = await localFs.open(
 *   { path: "/srv/share", security_model: "none", readonly: false, multidevs: "remap" },
 *   { fsdev: "fs0", log, baseDirectory: process.cwd() },
 * );
 * const root = await tree.attach("", { name: "guest", uid: 1000 });
 * const notes = await root.lookup("notes.txt");
 * ```
 *
 * On a command line it is `-fsdev local,id=fs0,path=/srv/share,security_model=none`.
 *
 * | option | |
 * | --- | --- |
 * | `path` | the folder; required. Symbolic links in it are resolved once, at the start |
 * | `security_model` | `passthrough`: owners and modes are kept on the host as they are, for a server that is root; what cannot be given to its owner is not made. `none`: the same, but what cannot be given away stays the server's. Or a model that a plugin brings: `mapped-xattr`, `mapped-file` of `@ninefold/fs-mapped` |
 * | `fmode`, `dmode`, `native_symlinks` | for models that keep modes and types beside the host's own: modes of files and folders there, and whether symbolic links are such there, too |
 * | `readonly` | `on`: nothing can be changed |
 * | `multidevs` | other file systems mounted below the folder: `remap` marks their inode numbers, `warn` leaves them, `forbid` does not serve them |
 * | `writeout` | `immediate`: each write begins to go to the disk before it is answered |
 * | `aname` | `subfolder`: an attach may name a folder below `path`; else it may name nothing |
 * | `descriptors` | most descriptors to have open; unless given, what the process's limit leaves, 65,536 at most |
 *
 * Nothing outside the folder is ever opened, whatever links a guest makes and whatever the host moves at the same time:
 * each step is one component from an open directory, `..` never reaches the kernel, symbolic links are shown to the
 * guest and not followed. What is mounted below the folder is part of it. An object that a program of the host moves
 * out of the folder stays usable for guests that hold it, as an open file does.
 *
 * Files that are open, locked, or lose their name through this tree stay usable as long as a guest holds them. Others
 * are closed when there are too many, and found again by name; ESTALE says that the host has moved or replaced one
 * meanwhile. Byte-range locks are the host's own and hold towards its programs, too. Of extended attributes guests
 * see `user.`, and with `passthrough` POSIX ACLs.
 *
 * @packageDocumentation
 */
import {
  definePlugin,
  FS_DRIVER,
  type FsDriver,
  type Plugin,
  SECURITY_MODEL,
} from "@ninefold/core/contracts";
import { openTree } from "./open-tree.ts";
import { type LocalFsOptions, localFsOptions } from "./options.ts";
import { none } from "./security/none.ts";
import { passthrough } from "./security/passthrough.ts";

export type { LocalFsOptions };

/** The driver `local`. */
export const localFs: FsDriver<LocalFsOptions> = {
  name: "local",
  description: "a folder of the host",
  schema: localFsOptions,
  securityModel: (options) => options.security_model,
  open: openTree,
};

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-local",
  apiVersion: 1,
  contributes: { "fs-driver": ["local"], "security-model": ["passthrough", "none"] },
  register(registry) {
    registry.register(FS_DRIVER, localFs);
    registry.register(SECURITY_MODEL, passthrough);
    registry.register(SECURITY_MODEL, none);
  },
});
export default plugin;
