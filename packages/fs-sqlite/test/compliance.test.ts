import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import type { FsTree } from "@ninefold/core/contracts";
import { sqliteDriver, sqliteTree } from "@ninefold/fs-sqlite";
import { describe, it } from "vitest";

const files = new WeakMap<FsTree, string>();

fsDriverCompliance({ describe, it }, "fs-sqlite", {
  driver: sqliteDriver,
  driverOptions: { path: "tree.db" },
  async setup() {
    const path = join(mkdtempSync(join(tmpdir(), "ninefold-sqlite-")), "tree.db");
    const tree = await sqliteTree({ path });
    files.set(tree, path);
    return tree;
  },
  async teardown(tree) {
    await tree.close();
    rmSync(dirname(files.get(tree) ?? ""), { recursive: true });
  },
});
