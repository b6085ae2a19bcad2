import { fsLayerCompliance, SAMPLE_FILES } from "@ninefold/compliance/fs-layer";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, it } from "vitest";
import { idmap, quota, readonly, throttle } from "../src/index.ts";

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
