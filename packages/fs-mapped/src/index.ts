/**
 * QEMU's mapped security models for the driver `local`: what guests set of owners, modes, file types and device numbers
 * is kept beside the host's own, in QEMU's formats to the byte. So a server that is an ordinary user serves a whole
 * system's tree, and what QEMU has served Ninefold serves, and the other way round.
 *
 * On a command line it is `-fsdev local,id=fs0,path=/srv/share,security_model=mapped-xattr`.
 *
 * ```ts
 * import { localFs } from "@ninefold/fs-local";
 * import { mappedXattr } from "@ninefold/fs-mapped";
 *
 * const tree = await localFs.open(
 *   { path: "/srv/share", security_model: "mapped-xattr", readonly: false, multidevs: "remap" },
 *   { fsdev: "fs0", log, baseDirectory: process.cwd(), securityModels: [mappedXattr] },
 * );
 * ```
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin, SECURITY_MODEL, type SecurityModel } from "@ninefold/core/contracts";
import { mappedFile } from "./file/mapped-file.ts";
import { mappedXattr } from "./xattr/mapped-xattr.ts";

export { mappedFile, mappedXattr };

/** QEMU's other name of mapped-xattr. */
export const mapped: SecurityModel = { ...mappedXattr, name: "mapped" };

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-mapped",
  apiVersion: 1,
  contributes: { "security-model": ["mapped-xattr", "mapped", "mapped-file"] },
  register(registry) {
    for (const model of [mappedXattr, mapped, mappedFile]) registry.register(SECURITY_MODEL, model);
  },
});
export default plugin;
