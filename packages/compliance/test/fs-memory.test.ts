import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { memoryDriver, memoryTree } from "@ninefold/fs-memory";
import { describe, it } from "vitest";

fsDriverCompliance({ describe, it }, "fs-memory", {
  driver: memoryDriver,
  driverOptions: { size: "64M" },
  setup: () => memoryTree(),
});
