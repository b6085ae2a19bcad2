/**
 * The suite for attach strategies: decisions that an operator can rely on. It hands your strategy machines and offers,
 * those that it is made for and those that nobody expected.
 *
 * ```ts
 * import { aFsdev, anOffer, attachStrategyCompliance } from "@ninefold/compliance/attach-strategy";
 *
 * attachStrategyCompliance({ describe, it }, "by-name", {
 *   strategy,
 *   attaches: [{ offer: anOffer({ domainName: "web" }), machine: { fsdevs: [aFsdev("web")] } }],
 *   refuses: [{ offer: anOffer({ domainName: "db" }), machine: {}, code: "no-match" }],
 * });
 * ```
 *
 * @packageDocumentation
 */

export type { PrintLine, TestContext, TestRunner } from "../runner.ts";
export { aDevice, aFsdev, anOffer, type MachineParts, machineOf } from "./machine.ts";
export {
  type AttachCase,
  type AttachStrategyComplianceOptions,
  attachStrategyCompliance,
  type RefuseCase,
} from "./suite.ts";
