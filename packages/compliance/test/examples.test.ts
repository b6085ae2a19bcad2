import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { fsLayerCompliance } from "@ninefold/compliance/fs-layer";
import type { FsTree } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, it } from "vitest";
import { composed } from "../../../examples/compose-two-trees/compose.ts";
import { overlay } from "../../../examples/golden-image-overlay/overlay.ts";

/* The examples are what people copy: so they pass what they are told to pass. */

fsLayerCompliance({ describe, it }, "the overlay", {
  layer: overlay,
  base: () => memoryTree(),
  hidesTryForms: true,
});

/** A part of a composed tree as a tree of its own. */
async function partOf(parts: Readonly<Record<string, FsTree>>, name: string): Promise<FsTree> {
  const whole = await composed(parts);
  return {
    supports: whole.supports,
    attach: async (aname, user) => (await whole.attach(aname, user)).lookup(name),
    find: (key) => whole.find(key),
    statfs: (node) => whole.statfs(node),
    releaseLocks: (session) => whole.releaseLocks(session),
    close: () => whole.close(),
  };
}

fsDriverCompliance({ describe, it }, "a part of a composed tree", {
  setup: async () => partOf({ one: await memoryTree(), two: await memoryTree() }, "two"),
  options: { skip: { "the root is a directory, and its own parent": "the part's root is in another tree" } },
});
