import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "@ninefold/core";
import type { CommandLine } from "../../command-line/arguments.ts";
import { driverProject } from "./driver-project.ts";

const KINDS = { driver: driverProject } as const;

/** `ninefold init driver FOLDER`: a project of one's own in a new folder, which passes its compliance suite. */
export async function initCommand({ operands }: CommandLine): Promise<number> {
  const [kind = "", path = "", ...others] = operands;
  const project = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
  if (project === undefined || path === "" || others.length > 0) {
    throw mistake(`"init ${operands.join(" ")}" is no project`, "say: ninefold init driver NAME");
  }
  const folder = resolve(path);
  const name = basename(folder);
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw mistake(`"${name}" is no name of a driver`, "small letters, digits and dashes, such as my-driver");
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw mistake(`"${path}" is there and not empty`, "give the name of a new folder");
  }
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(project(name, ownVersion())))
    writeFileSync(join(folder, file), text);
  process.stdout.write(
    `${path} is a driver that works: cd ${path}; npm install; npm test\n` +
      "index.js is yours to change; npm test says whether it is still a tree (docs/WRITING-A-DRIVER.md)\n" +
      "npx ninefold --config ninefold.yaml serves it\n",
  );
  return 0;
}

function mistake(problem: string, hint: string): ConfigError {
  return new ConfigError({ code: "ERR_CONFIG_VALUE", path: "init", problem, hint });
}

function ownVersion(): string {
  // Sources and built files lie equally deep below the manifest.
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
