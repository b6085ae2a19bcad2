import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectSocket, mount } from "@ninefold/client";
import { createBackend } from "ninefold";
import { describe, expect, onTestFinished, test } from "vitest";

const CONTRACTS = fileURLToPath(new URL("../../core/src/contracts/index.ts", import.meta.url));

/** A model that an outsider has written: nothing belongs to anybody, and all attributes are hidden. */
const OUTSIDE_MODEL = `
import { definePlugin, SECURITY_MODEL } from ${JSON.stringify(CONTRACTS)};
const model = {
  name: "nobody",
  description: "all is nobody's",
  options: [],
  open: () => ({
    keepsOwners: true,
    making: { kind: "open", firstMode: () => 0o600, settle: async () => 0 },
    shown: {
      isInDirectory: false,
      tryShow(_node, into) {
        into.uid = into.gid = 65534;
        return 0;
      },
      async show(node, into) {
        return this.tryShow(node, into);
      },
    },
    setOwner: () => 0,
    setMode: () => 0,
    hostXattr: () => -95,
    guestXattr: () => undefined,
  }),
};
export default definePlugin({
  name: "outside-9p-model",
  apiVersion: 1,
  contributes: { "security-model": ["nobody"] },
  register: (registry) => registry.register(SECURITY_MODEL, model),
});
`;

function folderWithShare(): string {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "share"));
  writeFileSync(join(folder, "model.ts"), OUTSIDE_MODEL);
  return folder;
}

function configOf(folder: string, security_model: string, plugins: readonly string[] = []) {
  return {
    baseDirectory: folder,
    plugins,
    fsdevs: { fs0: { driver: "local", path: "share", security_model } },
    devices: [{ type: "9p-unix", fsdev: "fs0", mount_tag: "t", path: join(folder, "s.sock") }],
  };
}

describe("a lane's own process has the security model", () => {
  test("mapped-file, of the package that comes along", async () => {
    const folder = folderWithShare();
    await using _backend = await createBackend(configOf(folder, "mapped-file"));
    await using guest = await mount(await connectSocket({ path: join(folder, "s.sock") }));
    await guest.writeFile("f", "text");
    expect(existsSync(join(folder, "share", ".virtfs_metadata", "f"))).toBe(true);
    expect(readFileSync(join(folder, "share", "f"), "utf8")).toBe("text");
    expect((await guest.readdir("")).map(({ name }) => name)).toEqual(["f"]);
  });

  test("that an outsider has written, by the path of its module", async () => {
    const folder = folderWithShare();
    await using _backend = await createBackend(configOf(folder, "nobody", ["./model.ts"]));
    await using guest = await mount(await connectSocket({ path: join(folder, "s.sock") }));
    await guest.writeFile("f", "text");
    expect(await guest.stat("f")).toMatchObject({ uid: 65534, gid: 65534 });
  });

  test("or it is refused before anything is opened, with those there are", async () => {
    const folder = folderWithShare();
    await expect(createBackend(configOf(folder, "nobody"))).rejects.toThrow(
      /no security model named "nobody"; loaded: passthrough, none, mapped-xattr, mapped, mapped-file/,
    );
    expect(existsSync(join(folder, "s.sock"))).toBe(false);
  });
});
