// One guest configuration, one YAML file and one program, served in five ways: only the strategy's name changes.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { attachDevice, memoryXen } from "@ninefold/transport-xen/testing";
import { type BackendOptions, createBackend } from "ninefold";
import { parse } from "yaml";
import { serveInventory } from "./inventory-server.ts";

const STRATEGIES = ["steal", "xen-9p", "fsdev-only", "xenstore", "inventory"];

// The file is written for a host with /srv/vm and an inventory; here both are made for the run.
const folder = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-swap-attach-")));
const { url, server } = await serveInventory();
for (const name of ["web", "logs"]) {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "name"), name);
}
const here = (text: string): string =>
  text.replaceAll("/srv/vm", folder).replaceAll("http://127.0.0.1:8080/", url);

function fromFile(strategy: string): BackendOptions {
  const text = readFileSync(new URL("guests.yaml", import.meta.url), "utf8");
  return parse(here(text.replace("attach: steal", `attach: ${strategy}`)));
}

function fromProgram(strategy: string): BackendOptions {
  const local = { driver: "local", security_model: "none" };
  return {
    plugins: ["./inventory-strategy.ts"],
    fsdevs: {
      xen9p0: { ...local, path: join(folder, "web") },
      xen9p1: { ...local, path: join(folder, "logs"), readonly: true },
    },
    devices: ["virtio-9p-pci", "xen-9p"].flatMap((type) => [
      { type, fsdev: "xen9p0", mount_tag: "site" },
      { type, fsdev: "xen9p1", mount_tag: "logs" },
    ]),
    xen: { attach: strategy, allow: [`${folder}/*`], inventory: url },
  };
}

/** What a guest with two p9 devices reads through its rings, and how its server came to that. */
async function serveGuest(options: BackendOptions): Promise<{ seen: string; how: string }> {
  const xen = memoryXen();
  await xen.store.write("/local/domain/1/name", "web");
  await using backend = await createBackend({
    ...options,
    inline: true,
    baseDirectory: import.meta.dirname,
    plugins: [xen.plugin, ...(options.plugins ?? [])],
  });
  const seen: string[] = [];
  for (const [devid, [tag, path]] of Object.entries({ site: "web", logs: "logs" }).entries()) {
    const device = await attachDevice(xen.store, { domid: 1, devid, tag, path: join(folder, path) });
    await using tree = await mount(await xen.connect(device));
    seen.push(`${tag} reads ${new TextDecoder().decode(await tree.readFile("name"))}`);
  }
  const rows = backend.status().xen?.offers ?? [];
  const how = rows.map((row) => (row.state === "attached" ? row.reason : row.state)).join("; ");
  return { seen: seen.join(", "), how: how.replaceAll(folder, "/srv/vm") };
}

try {
  for (const strategy of STRATEGIES) {
    const file = await serveGuest(fromFile(strategy));
    const program = await serveGuest(fromProgram(strategy));
    console.log(`attach: ${strategy}`);
    console.log(`  by the file     ${file.seen}`);
    console.log(`  by the program  ${program.seen}`);
    console.log(`  because         ${file.how}`);
    if (file.seen !== "site reads web, logs reads logs" || program.seen !== file.seen) process.exitCode = 1;
  }
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
