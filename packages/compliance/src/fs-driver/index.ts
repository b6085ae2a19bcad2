/**
 * The suite for file-tree drivers. It imports no test runner: hand yours in.
 *
 * ```ts
 * import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
 * import { describe, it } from "vitest"; // or "node:test"
 * import { myDriver, openMyTree } from "../src/index.ts";
 *
 * fsDriverCompliance({ describe, it }, "my-driver", {
 *   driver: myDriver,
 *   setup: () => openMyTree(), // a fresh, empty tree for each test
 * });
 * ```
 *
 * What a tree can do it says itself (`tree.supports`): what it has must work, what it lacks must fail with the right
 * errno. Each case runs twice, on the tree itself and through the 9P engine. A case that does not apply is skipped with
 * the reason, on the console and to the runner.
 *
 * A tree that is read-only from the start has `SAMPLE_FILES` in it when it comes out of `setup`.
 *
 * @packageDocumentation
 */

export type { PrintLine, TestContext, TestRunner } from "../runner.ts";
export { CONCERNS, type FsDriverComplianceOptions, fsDriverCompliance, treeCompliance } from "./suite.ts";
export { SAMPLE_FILES } from "./tree-calls.ts";
export type { CaseRules, Concern, Need, TreeSuite, TreeUnderTest, Way, WayAbility } from "./tree-suite.ts";
export type { TreeTuning } from "./tuning.ts";
export { directly, throughEngine, throughEngineUnix } from "./ways.ts";
