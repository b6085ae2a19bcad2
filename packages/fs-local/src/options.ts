import type { StandardSchema } from "@ninefold/core/contracts";
import { octalMode, onOff, wholeNumber } from "@ninefold/core/options";
import { z } from "zod";
import type { Multidevs } from "./host/devices.ts";

/** Options of `-fsdev local`. */
export interface LocalFsOptions {
  /** The folder of the host. */
  readonly path: string;
  /** How owners and modes are kept: `passthrough` (the server is root), `none`, or what a plugin brings, such as `mapped-xattr`. */
  readonly security_model: string;
  /** Permission bits that files get on the host, where a model keeps the guest's beside them; 0600 unless given. */
  readonly fmode?: number | undefined;
  /** The same for directories; 0700 unless given. */
  readonly dmode?: number | undefined;
  /** With such a model: symbolic links are such on the host, too. Off unless given. */
  readonly native_symlinks?: boolean | undefined;
  /** Guests can change nothing. Off unless given. */
  readonly readonly: boolean;
  /** What to do with other file systems below the folder; `remap` unless given. */
  readonly multidevs: Multidevs;
  /** `immediate`: each write begins to go to the disk before it is answered. */
  readonly writeout?: "immediate" | undefined;
  /** What an attach message's aname may be: nothing (`refuse`, unless given), or a folder below (`subfolder`). */
  readonly aname?: "refuse" | "subfolder" | undefined;
  /** Most descriptors to have open; unless given, what the process's limit leaves. */
  readonly descriptors?: number | undefined;
}

/** A node at work needs its directory, another directory, a file, and room for a lock. */
export const LEAST_DESCRIPTORS = 16;

export const localFsOptions: StandardSchema<unknown, LocalFsOptions> = z.strictObject({
  path: z
    .string({ error: "must be a folder of the host, such as path=/srv/share" })
    .min(1)
    .meta({ description: "the folder of the host; it must exist" }),
  security_model: z
    .string({
      error: ({ input }) =>
        input === undefined
          ? 'must be given: "mapped-xattr" or "mapped-file" keeps what guests set beside the host\'s own, "passthrough" (the server runs as root) or "none" as the host\'s own'
          : "must be the name of a security model",
    })
    .min(1)
    .meta({
      description:
        "owners and modes are the host's own; what the host refuses, such as a chown by an ordinary user, fails (`passthrough`) or is passed over (`none`). Or they are kept beside the host's own, as QEMU does, by a server that is anybody: in attributes by name (`mapped-xattr`, also `mapped`), in hidden files (`mapped-file`)",
    }),
  fmode: octalMode().optional().meta({
    description: "permission bits of files on the host, with mapped models alone; 0600 when absent",
  }),
  dmode: octalMode().optional().meta({
    description: "permission bits of folders on the host, with mapped models alone; 0700 when absent",
  }),
  native_symlinks: onOff().optional().meta({
    description:
      "symbolic links that guests make are such on the host, with mapped models alone; else files that hold the target, as QEMU makes them",
  }),
  readonly: onOff().prefault("off").meta({ description: "guests can change nothing" }),
  multidevs: z.enum(["remap", "forbid", "warn"]).default("remap").meta({
    description:
      "other file systems below the folder: their inode numbers are changed so that none is there twice, they are not served, or they are served as they are with a line in the log",
  }),
  writeout: z
    .literal("immediate", {
      error: ({ input }) =>
        `must be immediate, which is all that there is, or be left out; ${JSON.stringify(input)} would do nothing`,
    })
    .optional()
    .meta({
      description:
        "`immediate`: each write begins to go to the disk before it is answered, so that the host keeps few changed pages; it waits for none, as fsync does",
    }),
  aname: z.enum(["refuse", "subfolder"]).optional().meta({
    description:
      "an attach that names something gets ENOENT (also when absent), or the folder of that name below `path`, which the client chooses: it confines nobody",
  }),
  descriptors: wholeNumber({ min: LEAST_DESCRIPTORS })
    .optional()
    .meta({ description: "most descriptors to have open; what the process's limit leaves when absent" }),
});
