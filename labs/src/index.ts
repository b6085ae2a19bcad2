/**
 * Real Linux guests for tests and demos.
 *
 * ```ts
 * await using guest = await bootGuest({
 *   kind: "uml",
 *   shares: [{ tag: "host", mountpoint: "/mnt", socket: "/run/ninefold.sock" }],
 *   script: "ls -la /mnt",
 * });
 * const { status, output } = await guest.exit;
 * ```
 *
 * @packageDocumentation
 */
export { labCache } from "./cache.ts";
export { commandLine } from "./command-line.ts";
export { type FetchedProgram, fetchProgram } from "./fetch-program.ts";
export { bootGuest, type Guest, type GuestExit } from "./guest.ts";
export type { GuestKind, GuestOptions, GuestShare } from "./options.ts";
export { prepareQemu, prepareUml, type QemuLab, type UmlLab } from "./prepare.ts";
