import { fsDriverCompliance, SAMPLE_FILES, throughEngineUnix } from "@ninefold/compliance/fs-driver";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, it } from "vitest";

const ways = [throughEngineUnix];

fsDriverCompliance({ describe, it }, "fs-memory", { ways, setup: () => memoryTree() });
fsDriverCompliance({ describe, it }, "fs-memory, read-only", {
  ways,
  concerns: ["walking", "the whole tree"],
  setup: () => memoryTree({ files: SAMPLE_FILES, readonly: true }),
});
