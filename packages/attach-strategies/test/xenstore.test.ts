import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineOf } from "@ninefold/compliance/attach-strategy";
import type { Offer } from "@ninefold/core/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromXenstore } from "../src/xenstore.ts";
import { capturedOffer, local } from "./captured.ts";

let base: string;
let offer: Offer;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-allow-")));
  for (const name of ["vm/a/data", "vm/b", "other", "vm-not"])
    mkdirSync(join(base, name), { recursive: true });
  symlinkSync(join(base, "other"), join(base, "vm/link"));
  symlinkSync(join(base, "vm"), join(base, "alias"));
  offer = await capturedOffer("qemu-written");
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const match = async (path: string | undefined, allow: readonly string[], parts: Partial<Offer> = {}) => {
  const checked = await fromXenstore.schema["~standard"].validate({ allow });
  if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues));
  return fromXenstore.match({ ...offer, path, ...parts }, machineOf({}), checked.value);
};

describe("xenstore", () => {
  test("shares a folder below one that is allowed, as a local fsdev with xenstore's model", async () => {
    expect(await match(`${base}/vm/a`, [`${base}/vm/*`])).toEqual({
      kind: "attach",
      fsdev: {
        id: "xen-9pfs-1-0",
        driver: "local",
        options: { path: `${base}/vm/a`, security_model: "none" },
      },
      mountTag: "lab",
      reason: `path "${base}/vm/a" is allowed by ${base}/vm/*, security_model "none"`,
    });
  });

  test.each([
    ["vm/a", "vm/*"],
    ["vm/a/data", "vm/*"],
    ["vm/a", "vm"],
    ["vm", "vm"],
    ["vm/b", "v*/b"],
    ["vm/../vm/a", "vm/*"],
    ["alias/a", "vm/*"],
    ["vm/a", "alias/*"],
  ])("allows %s by %s", async (path, root) => {
    expect((await match(`${base}/${path}`, [`${base}/${root}`])).kind).toBe("attach");
  });

  test.each([
    ["vm", "vm/*"],
    ["other", "vm/*"],
    ["vm-not", "vm"],
    ["vm/a/../../other", "vm/*"],
    ["vm/link", "vm/*"],
    ["vm/absent", "vm/*"],
    ["vm/a", "vm/a*/data"],
  ])("forbids %s by %s", async (path, root) => {
    expect(await match(`${base}/${path}`, [`${base}/${root}`])).toMatchObject({
      code: "forbidden-path",
      reason: expect.stringContaining(`allowed: ${base}/${root}`),
    });
  });

  test("allows nothing by default", async () => {
    expect(await match("/", [])).toMatchObject({
      code: "forbidden-path",
      reason: 'path "/" is refused: no folder is allowed: set allow, such as allow: [/srv/vm/*]',
    });
  });

  test("says where a link leads", async () => {
    expect(await match(`${base}/vm/link`, [`${base}/vm/*`])).toMatchObject({
      reason: `path "${base}/vm/link" is refused: it leads to "${base}/other", which is outside of the folders that are allowed; allowed: ${base}/vm/*`,
    });
  });

  test.each(["relative/path", "", "/srv\0/x"])("refuses the path %j", async (path) => {
    expect((await match(path, ["/srv"])).kind).toBe("refuse");
  });

  test("refuses an offer without path or tag, and an id that is taken", async () => {
    expect(await match(undefined, [base])).toMatchObject({ code: "incomplete-offer" });
    expect(await match(base, [base], { tag: undefined })).toMatchObject({ code: "incomplete-offer" });
    const machine = machineOf({ fsdevs: [local("xen-9pfs-1-0", "/x")] });
    expect(await fromXenstore.match({ ...offer, path: base }, machine, { allow: [base] })).toMatchObject({
      code: "conflict",
    });
  });

  test.each(["../srv", "srv", "/srv/../etc", "/srv/./x"])("takes no root %s", async (root) => {
    const checked = await fromXenstore.schema["~standard"].validate({ allow: [root] });
    expect(checked.issues).toBeDefined();
  });
});
