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
  /**
   * How long, in microseconds, a connection may be polled in vain for its next request, 50 unless given; 0 never polls. Only
   * while it pays: see docs/CONFIGURATION.md.
   */
  readonly "busy-poll-us"?: number | undefined;
}

/** Options of `-device 9p-tcp`. */
export interface TcpOptions {
  /** Address to listen on: 127.0.0.1 unless given. */
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** TCP has no owner and no password: whoever reaches the port has the files. It must be said. */
  readonly "allow-unauthenticated": true;
  /** As for {@link UnixOptions}. */
  readonly "busy-poll-us"?: number | undefined;
}

export const BUSY_POLL_US = 50;
const MAX_BUSY_POLL_US = 1000;

const octal = z
  .string({ error: 'write it as text, such as "0660"' })
  .regex(/^0?[0-7]{3}$/, 'permission bits are three octal digits, such as "0660"')
  .transform((text) => Number.parseInt(text, 8))
  .meta({ title: "octal digits" });

const group = z.union([z.string().min(1), z.number().int().min(0).transform(String)]);

const wholeNumber = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

const busyPoll = wholeNumber
  .refine(
    (value) => Number.isInteger(value) && value >= 0 && value <= MAX_BUSY_POLL_US,
    `microseconds are 0 to ${MAX_BUSY_POLL_US}`,
  )
  .prefault(BUSY_POLL_US)
  .meta({
    title: `whole number from 0 to ${MAX_BUSY_POLL_US}`,
    description:
      "the most that a connection is polled in vain for its next request, in microseconds; 0 never polls",
  });

export const unixOptions: StandardSchema<unknown, UnixOptions> = z.strictObject({
  path: z.string().min(1).meta({ description: "where the socket is made; at most 107 bytes" }),
  "socket-mode": octal
    .prefault("0600")
    .meta({ description: "who may connect, as the file's permission bits" }),
  "socket-group": group
    .optional()
    .meta({ description: "the group that the socket is given to; the server's own when absent" }),
  "busy-poll-us": busyPoll,
});

const allowed = z.union([z.literal(true), z.enum(["on", "yes", "true"])], {
  error: "over TCP whoever reaches the port has the files: say allow-unauthenticated=on, or use 9p-unix",
});

export const tcpOptions: StandardSchema<unknown, TcpOptions> = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({ description: "the address to listen on" }),
  port: wholeNumber
    .refine((value) => Number.isInteger(value) && value <= 65_535, "a port is 0 to 65535")
    .meta({ title: "whole number from 0 to 65535", description: "0 is any free one" }),
  "allow-unauthenticated": allowed
    .transform(() => true as const)
    .meta({
      title: "`on`",
      description: "must be said: TCP has no owner and no password, whoever reaches the port has the files",
    }),
  "busy-poll-us": busyPoll,
});
