import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { silentLogger } from "@ninefold/core";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { mappedFile, mappedXattr } from "@ninefold/fs-mapped";
import { describe, it } from "vitest";
import type { LocalTree } from "../../fs-local/src/local-tree.ts";
import { asIfRemote } from "../../fs-local/test/remote.ts";

const folders = new WeakMap<FsTree, string>();

/** Every call goes to the thread pool, nothing is remembered, and no file can be made without a name. */
function onPoorHost(tree: FsTree): void {
  asIfRemote(tree as LocalTree);
  for (const device of (tree as LocalTree).devices) device.makesNameless = false;
}

for (const model of [mappedXattr, mappedFile]) {
  for (const isPoor of [false, true]) {
    fsDriverCompliance(
      { describe, it },
      `fs-local, ${model.name}${isPoor ? ", as if across a network" : ""}`,
      {
        driver: localFs,
        driverOptions: { path: "/", security_model: model.name },
        async setup() {
          const path = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
          const tree = await localFs.open(
            { path, security_model: model.name, readonly: false, multidevs: "remap" },
            { fsdev: "fs0", log: silentLogger, baseDirectory: "/", securityModels: [model] },
          );
          if (isPoor) onPoorHost(tree);
          folders.set(tree, path);
          return tree;
        },
        async teardown(tree) {
          await tree.close();
          rmSync(folders.get(tree) ?? "", { recursive: true });
        },
        // A kernel's clock of file times ticks every few milliseconds. Whoever the server is, guests set what they like.
        options: { changeGranularityMs: 12, deviceNodes: true, anyOwner: true },
      },
    );
  }
}
