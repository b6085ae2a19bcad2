// `npm run test:outside`: what a third party does, in an empty folder without links to this repository. Packs all packages,
// installs the tarballs, makes a driver with `ninefold init`, passes its compliance suite, and serves it to a real Linux guest
// (User-Mode Linux). Ends with `N passed, N failed`.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bootGuest } from "../labs/src/index.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "ninefold-outside-"));
const tarballs = join(work, "tarballs");
const project = join(work, "my-driver");
// Node 24 comes first on the path, and nothing of this repository's own environment goes along.
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith("npm_") && key !== "NODE_OPTIONS"),
  ),
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
};
let passed = 0;
let failed = 0;

async function check(name: string, action: () => unknown): Promise<boolean> {
  const began = performance.now();
  try {
    await action();
    passed++;
    console.log(`ok - ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failed++;
    const { message, stdout = "", stderr = "" } = error as Error & { stdout?: string; stderr?: string };
    console.log(`not ok - ${name}: ${message}\n${stdout}${stderr}`);
    return false;
  }
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 26 });
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function packAll(): void {
  mkdirSync(tarballs);
  for (const folder of readdirSync(join(root, "packages"))) {
    run("npm", ["pack", "--silent", "--pack-destination", tarballs], join(root, "packages", folder));
  }
}

/** Installs the command from tarballs in an empty project, and has it make the driver's project. */
function makeProject(): void {
  const empty = join(work, "empty");
  mkdirSync(empty);
  writeFileSync(
    join(empty, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  install(empty);
  run(join(empty, "node_modules/.bin/ninefold"), ["init", "driver", project], empty);
  expect(existsSync(join(project, "index.js")), "there is no index.js");
}

function install(folder: string): void {
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  run("npm", ["install", "--silent", "--no-audit", "--no-fund", ...files], folder);
}

function noLinks(): void {
  const core = realpathSync(join(project, "node_modules/@ninefold/core"));
  expect(core.startsWith(realpathSync(work)), `core is at ${core}`);
}

async function serveToGuest(): Promise<void> {
  const server = spawn(join(project, "node_modules/.bin/ninefold"), ["--config", "ninefold.yaml"], {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const serving = Promise.withResolvers<void>();
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
      if (/^serving/m.test(output)) serving.resolve();
    });
  }
  server.once("exit", () => serving.reject(new Error(`the server ended: ${output}`)));
  try {
    await serving.promise;
    await using guest = await bootGuest({
      kind: "uml",
      shares: [{ tag: "host", mountpoint: "/mnt", socket: join(project, "my-driver.sock") }],
      script:
        "cat /mnt/greeting; mkdir /mnt/a && echo written >/mnt/a/b && cat /mnt/a/b && mv /mnt/a /mnt/c && ls /mnt",
    });
    const { status, output: said, console: kernel } = await guest.exit;
    expect(
      status === 0 && said === "hello from my-driver\nwritten\nc\ngreeting\n",
      `${status}: ${said}\n${kernel.slice(-1000)}`,
    );
    console.log(said.replaceAll(/^/gm, "#   ").trimEnd());
  } finally {
    const exit = once(server, "exit");
    server.kill("SIGINT");
    await exit;
  }
}

try {
  const isReady =
    (await check("all packages build", () => run("npm", ["run", "build"], root))) &&
    (await check("all packages pack", packAll)) &&
    (await check("ninefold init driver my-driver, from tarballs in an empty project", makeProject));
  if (isReady) {
    await check("the driver's project installs", () => install(project));
    await check("it has no link into this repository", noLinks);
    await check("its compliance suite passes", () => {
      const report = run("npm", ["test"], project);
      const [, tests = "0"] = /^# pass (\d+)/m.exec(report) ?? /ℹ pass (\d+)/.exec(report) ?? [];
      expect(Number(tests) > 150, `only ${tests} tests passed`);
      console.log(`#   ${tests} tests`);
    });
    await check('ninefold plugins shows it, by plugins: ["my-driver"]', () => {
      expect(
        readFileSync(join(project, "ninefold.yaml"), "utf8").startsWith("plugins: [my-driver]"),
        "another configuration",
      );
      const list = run(
        join(project, "node_modules/.bin/ninefold"),
        ["plugins", "--config", "ninefold.yaml"],
        project,
      );
      expect(/^my-driver\n {2}fs-driver {7}my-driver/m.test(list), list);
    });
    await check("a User-Mode Linux guest mounts it, reads and writes", serveToGuest);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
