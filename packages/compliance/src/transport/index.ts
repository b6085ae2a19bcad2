/**
 * The suite for transports: 9P messages in, 9P messages out, whatever carries them. It serves a handler of its own
 * through the transport and speaks to it by a client end that you hand in.
 *
 * ```ts
 * import { connectSocket } from "@ninefold/client";
 * import { transportCompliance } from "@ninefold/compliance/transport";
 *
 * transportCompliance({ describe, it }, "my-transport", {
 *   transport: myTransport,
 *   options: () => ({ path: freshSocketPath() }),
 *   connect: ({ path }) => connectSocket({ path: String(path) }),
 * });
 * ```
 *
 * @packageDocumentation
 */

export type { PrintLine, TestContext, TestRunner } from "../runner.ts";
export { type ClientEnd, type TransportComplianceOptions, transportCompliance } from "./suite.ts";
