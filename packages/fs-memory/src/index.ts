/**
 * A tree in memory: the reference driver, and the one to read first when you write your own.
 *
 * ```ts
 * import { memoryTree } from "@ninefold/fs-memory";
 *
 * const tree = await memoryTree({ size: 64 * 1024 * 1024, files: { "etc/motd": "hello\n" } });
 * const root = await tree.attach("", { name: "guest", uid: -1 });
 * const etc = await root.lookup("etc");
 * ```
 *
 * On a command line it is `-fsdev memory,id=scratch,size=64M`. QEMU's name for such a driver, `synth`, means the same.
 *
 * It keeps all that 9P can say: owners and modes, hard and symbolic links, device nodes, extended attributes,
 * byte-range locks, files that are open after their last name is gone. It does not check permissions: guests do that
 * themselves, by the modes that are kept. Reading does not change the time of access.
 *
 * @packageDocumentation
 */
import { definePlugin, FS_DRIVER, type FsDriver, type Plugin } from "@ninefold/core/contracts";
import { memoryTree } from "./open-tree.ts";
import { type MemoryOptions, memoryOptions } from "./options.ts";

export { type MemoryOptions, memoryTree };

/** The driver `memory`. */
export const memoryDriver: FsDriver<MemoryOptions> = {
  name: "memory",
  description: "a tree in memory, empty at the start and gone at the end",
  schema: memoryOptions,
  open: (options) => memoryTree(options),
};

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-memory",
  apiVersion: 1,
  contributes: { "fs-driver": ["memory", "synth"] },
  register(registry) {
    registry.register(FS_DRIVER, memoryDriver);
    registry.register(FS_DRIVER, { ...memoryDriver, name: "synth" });
  },
});
export default plugin;
