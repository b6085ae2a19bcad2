import type { StandardSchema } from "@ninefold/core/contracts";
import { z } from "zod";

/** Options of `-device 9p-unix`. */
export interface UnixOptions {
  /** Where the socket is to be. Relative to the configuration's folder. At most 107 bytes. */
  readonly path: string;
  /** Who may connect, as the file's permission bits: `"0600"`, the owner only, unless given. */
  readonly "socket-mode": number;
  /** Group that the socket is given to, by name or number: the server's own unless given. */
  readonly "socket-group"?: string | undefined;
}

/** Options of `-device 9p-tcp`. */
export interface TcpOptions {
  /** Address to listen on: 127.0.0.1 unless given. */
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** TCP has no owner and no password: whoever reaches the port has the files. It must be said. */
  readonly "allow-unauthenticated": true;
}

const octal = z
  .string({ error: 'write it as text, such as "0660"' })
  .regex(/^0?[0-7]{3}$/, 'permission bits are three octal digits, such as "0660"')
  .transform((text) => Number.parseInt(text, 8));

const group = z.union([z.string().min(1), z.number().int().min(0).transform(String)]);

export const unixOptions: StandardSchema<unknown, UnixOptions> = z.strictObject({
  path: z.string().min(1),
  "socket-mode": octal.default(0o600),
  "socket-group": group.optional(),
});

const port = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

const allowed = z.union([z.literal(true), z.enum(["on", "yes", "true"])], {
  error: "over TCP whoever reaches the port has the files: say allow-unauthenticated=on, or use 9p-unix",
});

export const tcpOptions: StandardSchema<unknown, TcpOptions> = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: port.refine((value) => Number.isInteger(value) && value <= 65_535, "a port is 0 to 65535"),
  "allow-unauthenticated": allowed.transform(() => true as const),
});
