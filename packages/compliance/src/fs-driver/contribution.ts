import assert from "node:assert/strict";
import type { FsDriver, FsLayer, SchemaIssue } from "@ninefold/core/contracts";
import type { TestRunner } from "../runner.ts";

/** What a driver or layer says of itself before it is used. `options` are valid ones, as a user would write them. */
export function contribution(
  runner: TestRunner,
  { name, description, schema }: Pick<FsDriver | FsLayer, "name" | "description" | "schema">,
  options: Readonly<Record<string, unknown>>,
): void {
  runner.it("has a name that fits into an option string, and a line about itself", async () => {
    assert.match(name, /^[a-z0-9][a-z0-9_-]*$/i);
    assert.ok(description.length > 0 && !description.includes("\n"));
  });
  runner.it("takes its options", async () => {
    const { issues } = await schema["~standard"].validate(options);
    assert.deepEqual(issues ?? [], []);
  });
  runner.it("refuses a key that it does not know, and names it", async () => {
    const { issues = [] } = await schema["~standard"].validate({ ...options, "compliance-typo": "x" });
    assert.ok(issues.some(isAboutTypo), "an unknown key must be an issue that names it");
  });
}

function isAboutTypo({ message, path = [] }: SchemaIssue): boolean {
  return (
    message.includes("compliance-typo") ||
    path.some((part) => String(typeof part === "object" ? part.key : part) === "compliance-typo")
  );
}
