import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriverCompliance, throughEngineUnix } from "@ninefold/compliance/fs-driver";
import { silentLogger } from "@ninefold/core";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { describe, it } from "vitest";

const folders = new WeakMap<FsTree, string>();
const isRoot = process.getuid?.() === 0;

fsDriverCompliance({ describe, it }, "fs-local", {
  ways: [throughEngineUnix],
  async setup() {
    const path = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
    const tree = await localFs.open(
      { path, security_model: isRoot ? "passthrough" : "none", readonly: false, multidevs: "remap" },
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
  options: { changeGranularityMs: 12, deviceNodes: isRoot, anyOwner: isRoot },
});
