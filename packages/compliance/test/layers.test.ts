import { fsLayerCompliance, SAMPLE_FILES } from "@ninefold/compliance/fs-layer";
import type { FsLayer } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { type Alterations, alteredTree } from "./altered-tree.ts";
import { collectingRunner, failuresOf } from "./collecting-runner.ts";

function layerWith(alterations: Alterations): FsLayer<unknown> {
  return {
    name: "altered",
    description: "a tree with other methods",
    schema: z.strictObject({}),
    wrap: async (tree) => alteredTree(tree, alterations),
  };
}

fsLayerCompliance({ describe, it }, "a layer that changes nothing", {
  layer: layerWith({}),
  base: () => memoryTree(),
});

const concerns = ["walking", "the whole tree"];

test.each<[string, Alterations]>([
  ["a tree below that stays open", { tree: { close: async () => {} } }],
  ["a promise that nothing keeps", { supports: { locks: true } }],
  ["try forms that are lost", { without: ["tryLookup"] }],
])("the layer suite finds %s", async (_mistake, alterations) => {
  const { runner, run } = collectingRunner();
  fsLayerCompliance(runner, "broken", {
    layer: layerWith(alterations),
    base: async () =>
      alteredTree(await memoryTree({ files: SAMPLE_FILES, readonly: true }), { supports: { locks: false } }),
    concerns,
    print: () => {},
  });
  expect(failuresOf(await run())).not.toEqual([]);
});
