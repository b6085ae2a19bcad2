import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { silentLogger } from "@ninefold/core";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { describe, it } from "vitest";

const folders = new WeakMap<FsTree, string>();
const isRoot = process.getuid?.() === 0;

for (const model of isRoot ? (["passthrough", "none"] as const) : (["none"] as const)) {
  fsDriverCompliance({ describe, it }, `fs-local, ${model}`, {
    driver: localFs,
    driverOptions: { path: "/", security_model: model },
    async setup() {
      const path = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
      const tree = await localFs.open(
        { path, security_model: model, readonly: false, multidevs: "remap" },
        { fsdev: "fs0", log: silentLogger, baseDirectory: "/" },
      );
      folders.set(tree, path);
      return tree;
    },
    async teardown(tree) {
      await tree.close();
      rmSync(folders.get(tree) ?? "", { recursive: true });
    },
    // A kernel's clock of file times ticks every few milliseconds.
    options: {
      changeGranularityMs: 12,
      deviceNodes: isRoot,
      anyOwner: isRoot,
    },
  });
}
