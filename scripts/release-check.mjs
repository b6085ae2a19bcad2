// A release without the publishing: builds, packs and lints every package, installs the tarballs in an empty project,
// imports each one there and runs the command. Ends with a line `N passed, N failed`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "ninefold-release-"));
let passed = 0;
let failed = 0;

function check(name, action) {
  try {
    action();
    passed++;
    console.log(`ok - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok - ${name}: ${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });

try {
  check("every package builds", () => run("npm", ["run", "build"], root));
  check("every change has a changeset that can be read", () => run("npx", ["changeset", "status"], root));
  const folders = readdirSync(join(root, "packages"));
  const manifests = folders.map((folder) =>
    JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")),
  );
  const tarballs = join(work, "tarballs");
  const project = join(work, "project");
  mkdirSync(tarballs);
  mkdirSync(project);
  for (const folder of folders) {
    check(`packages/${folder} packs`, () =>
      run("npm", ["pack", "--silent", "--pack-destination", tarballs], join(root, "packages", folder)),
    );
  }
  for (const [index, folder] of folders.entries()) {
    const { messages } = await publint({ pkgDir: join(root, "packages", folder), strict: true });
    check(`packages/${folder} is what its manifest says`, () => {
      if (messages.length > 0)
        throw new Error(messages.map((message) => formatMessage(message, manifests[index])).join("; "));
    });
  }
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  check("the tarballs install in an empty project", () =>
    run(
      "npm",
      [
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        ...readdirSync(tarballs).map((file) => join(tarballs, file)),
      ],
      project,
    ),
  );
  for (const manifest of manifests) {
    for (const entry of Object.keys(manifest.exports ?? {})) {
      const specifier = manifest.name + entry.slice(1);
      check(`import ${specifier}`, () =>
        run(
          process.execPath,
          ["--input-type=module", "-e", `await import(${JSON.stringify(specifier)})`],
          project,
        ),
      );
    }
  }
  check("ninefold --version", () =>
    console.log(run(process.execPath, ["node_modules/.bin/ninefold", "--version"], project).trim()),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
