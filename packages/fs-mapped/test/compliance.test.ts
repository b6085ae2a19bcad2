import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { silentLogger } from "@ninefold/core";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { mappedFile, mappedXattr } from "@ninefold/fs-mapped";
import { describe, it } from "vitest";

const folders = new WeakMap<FsTree, string>();

for (const model of [mappedXattr, mappedFile]) {
  fsDriverCompliance({ describe, it }, `fs-local, ${model.name}`, {
    driver: localFs,
    driverOptions: { path: "/", security_model: model.name },
    async setup() {
      const path = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
      const tree = await localFs.open(
        { path, security_model: model.name, readonly: false, multidevs: "remap" },
        { fsdev: "fs0", log: silentLogger, baseDirectory: "/", securityModels: [model] },
      );
      folders.set(tree, path);
      return tree;
    },
    async teardown(tree) {
      await tree.close();
      rmSync(folders.get(tree) ?? "", { recursive: true });
    },
    // A kernel's clock of file times ticks every few milliseconds. Whoever the server is, guests set what they like.
    options: { changeGranularityMs: 12, deviceNodes: true, anyOwner: true },
  });
}
