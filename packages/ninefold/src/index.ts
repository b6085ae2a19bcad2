/**
 * Shares host folders with virtual machines over 9P.
 *
 * ```ts
 * import { createBackend } from "ninefold";
 *
 * await using backend = await createBackend({
 *   fsdevs: { fs0: { driver: "local", path: "./share", security_model: "none" } },
 *   listen: [{ address: "unix:/tmp/ninefold.sock", fsdev: "fs0" }],
 * });
 * ```
 *
 * @packageDocumentation
 */
export { type Backend, type BackendOptions, createBackend } from "./backend.ts";
export { DEFAULT_PLUGINS } from "./default-plugins.ts";
export type { GuestConfig, GuestServer, GuestStatus } from "./xen-guests.ts";
