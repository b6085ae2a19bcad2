import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { fsLayerCompliance, SAMPLE_FILES } from "@ninefold/compliance/fs-layer";
import type { FsTree } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, it } from "vitest";
import { idmap, quota, readonly, throttle } from "../src/index.ts";
import { environment, wrapped } from "./helpers.ts";

fsLayerCompliance({ describe, it }, "throttle", {
  layer: throttle,
  layerOptions: { "bps-total": "1G", "iops-total": 1_000_000 },
  base: () => memoryTree(),
});

fsLayerCompliance({ describe, it }, "readonly", {
  layer: readonly,
  base: () => memoryTree({ files: SAMPLE_FILES }),
  adds: ["readOnly"],
});

fsLayerCompliance({ describe, it }, "quota", {
  layer: quota,
  layerOptions: { "max-space": "100M", "max-files": 10_000, "max-open-files": 1000, rescan: 0 },
  base: () => memoryTree(),
});

fsLayerCompliance({ describe, it }, "idmap", {
  layer: idmap,
  layerOptions: { uid: "0:100000:65536", gid: ["0:100000:65536"] },
  base: () => memoryTree(),
  options: { uid: 1000 },
});

const folders = new WeakMap<FsTree, string>();
const isRoot = process.getuid?.() === 0;
// Owners are the host's: only root can give them away.
const ids = isRoot ? { uid: "0:0:200000", gid: "0:0:200000" } : { uid: "0:0:4294967295" };

fsDriverCompliance({ describe, it }, "a stack of layers over fs-local", {
  async setup() {
    const path = mkdtempSync(join(tmpdir(), "ninefold-layers-"));
    const local = { path, security_model: "none", readonly: false, multidevs: "remap" } as const;
    const slow = await wrapped(throttle, { "iops-total": 1_000_000 }, localFs.open(local, environment));
    const limits = { "max-space": "1T", "max-files": 100_000, "max-open-files": 10_000, rescan: 0 };
    const tree = await wrapped(idmap, ids, wrapped(quota, limits, slow));
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
