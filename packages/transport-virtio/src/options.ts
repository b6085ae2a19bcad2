import { octalMode, onOff } from "@ninefold/core/options";
import { z } from "zod";

/** `sun_path` has 108 bytes, and its last one is a NUL. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** Options of `-device virtio-9p-pci` and `-device virtio-9p-device`. */
export interface VirtioOptions {
  /**
   * Path of the vhost-user socket, at most 107 bytes; a relative one counts from the configuration's folder. Without
   * it nothing can be connected to the device.
   */
  readonly socket?: string | undefined;
  /** Permission bits of the socket's file. Default 0600, or 0660 with a group: who may connect sees the whole share. */
  readonly "socket-mode"?: number | undefined;
  /** Group of the socket's file, by name or number. */
  readonly "socket-group"?: string | undefined;
  /** On: listen on the socket. Off: connect to it, for a VMM that listens. */
  readonly server: boolean;
}

const socketPath = z
  .string()
  .min(1, "must be a path")
  .refine((path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES, {
    error: ({ input }) => tooLong(String(input)),
  });

export const virtioOptions: z.ZodType<VirtioOptions> = z.strictObject({
  socket: socketPath.optional().meta({
    description:
      "path of the vhost-user socket; without one the device is realized, and only an attach strategy gives it to a guest",
  }),
  "socket-mode": octalMode().optional().meta({
    description:
      "who may connect, as the file's permission bits; `0600`, or `0660` with a group, when absent",
  }),
  "socket-group": z
    .union([z.string().min(1, "must be a group's name or number"), z.int().min(0).transform(String)], {
      error: "must be a group's name or number",
    })
    .optional()
    .meta({ description: "the group that the socket is given to; the server's own when absent" }),
  server: onOff()
    .prefault("on")
    .meta({ description: "on: we listen and the VMM connects. off: the VMM listens" }),
});

/** What is wrong with a socket's path that is too long. */
export function tooLong(path: string): string {
  const bytes = Buffer.byteLength(path);
  return `must have at most ${MAX_SOCKET_PATH_BYTES} bytes as every Unix socket's path, and has ${bytes}`;
}
