/**
 * The suite for layers: a layer must leave a tree a tree. All cases of the driver suite run on the wrapped tree,
 * then what only a layer can do wrong.
 *
 * ```ts
 * import { fsLayerCompliance } from "@ninefold/compliance/fs-layer";
 * import { memoryTree } from "@ninefold/fs-memory";
 *
 * fsLayerCompliance({ describe, it }, "my-layer", { layer, base: () => memoryTree() });
 * ```
 *
 * @packageDocumentation
 */

export { SAMPLE_FILES } from "../fs-driver/tree-calls.ts";
export type { TreeTuning } from "../fs-driver/tuning.ts";
export type { PrintLine, TestContext, TestRunner } from "../runner.ts";
export { type FsLayerComplianceOptions, fsLayerCompliance } from "./suite.ts";
