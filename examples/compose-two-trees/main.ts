// Two trees of two drivers under one mount: the guest sees one file system with a folder for each.
import { mount } from "@ninefold/client";
import { definePlugin, FS_DRIVER, type FsDriver } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { connect } from "@ninefold/transport-memory";
import { createBackend } from "ninefold";
import { z } from "zod";
import { composed } from "./compose.ts";

const compose: FsDriver = {
  name: "compose",
  description: "scratch space, and a manual that stays as it is",
  schema: z.strictObject({}),
  open: async () =>
    composed({
      scratch: await memoryTree(),
      manual: await memoryTree({
        readonly: true,
        files: { "chapter-1": "It was a dark and stormy night.\n" },
      }),
    }),
};

await using backend = await createBackend({
  inline: true,
  plugins: [
    definePlugin({
      name: "compose-9p-fs",
      apiVersion: 1,
      contributes: { "fs-driver": ["compose"] },
      register: (registry) => registry.register(FS_DRIVER, compose),
    }),
  ],
  fsdevs: { fs0: { driver: "compose" } },
  devices: [{ type: "9p-memory", fsdev: "fs0", mount_tag: "all", name: "all" }],
});
{
  await using guest = await mount(connect("all"));
  const say = (error: { readonly code?: string }): void => console.log(`refused: ${error.code}`);
  console.log((await guest.readdir("")).map(({ name }) => name).join(" "));
  console.log(new TextDecoder().decode(await guest.readFile("manual/chapter-1")).trim());
  await guest.writeFile("scratch/notes", "remember the milk");
  console.log((await guest.stat("scratch/notes")).size);
  const inodes = [await guest.stat(""), await guest.stat("scratch"), await guest.stat("manual")];
  console.log(`${new Set(inodes.map(({ inode }) => inode)).size} inode numbers`);
  await guest.writeFile("manual/chapter-2", "no").catch(say);
  await guest.rename("scratch/notes", "manual/notes").catch(say);
  await guest.mkdir("third").catch(say);
}
void backend;
