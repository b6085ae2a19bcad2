import { readFileSync } from "node:fs";
import { MESSAGES, type MessageName } from "@ninefold/engine/codec";
import { expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../src/session/limits.ts";

const document = readFileSync(new URL("../../../docs/PROTOCOL.md", import.meta.url), "utf8");
const text = document.replaceAll(/\s+/g, " ");

it("docs/PROTOCOL.md has every message of the table, as it is there, and no other", () => {
  const expected = (Object.keys(MESSAGES) as MessageName[]).map((name) =>
    `size[4] ${name} tag[2] ${MESSAGES[name][1]}`.trim(),
  );
  const found = document.split("\n").filter((line) => line.startsWith("size[4] "));
  expect(found.sort()).toEqual(expected.sort());
});

it("docs/PROTOCOL.md has the limits as they are", () => {
  expect(text).toContain(`${DEFAULT_LIMITS.fids.toLocaleString("en-US")} (\`fids\`)`);
  expect(text).toContain(`${DEFAULT_LIMITS.xattrFids} such fids at once (\`xattrFids\`)`);
  expect(text).toContain(`${DEFAULT_LIMITS.requestsInFlight} requests under way (\`requestsInFlight\`)`);
});
