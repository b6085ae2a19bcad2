import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type InputOptions, rolldown } from "rolldown";

/*
 * Under emulation, loading hundreds of files and stripping their types takes most of a minute. So dom0 gets few files of
 * plain JavaScript.
 */

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Makes each program one file in `folder`, named as it is. */
export async function bundlePrograms(sources: readonly string[], folder: string): Promise<void> {
  for (const source of sources) {
    await using bundle = await bundled(source);
    await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", codeSplitting: false });
  }
}

/**
 * Makes `folder` an installation of the package `ninefold`, in few files: its commands in `bin`, its plugins by their npm
 * names in `node_modules`. Lanes are processes of their own there, as everywhere.
 */
export async function bundleNinefold(folder: string): Promise<void> {
  const manifest = readFileSync(join(repository, "packages/ninefold/package.json"), "utf8");
  const { bin, dependencies } = JSON.parse(manifest) as Record<string, Record<string, string>>;
  const commands = Object.values(bin ?? {}).map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, "$1"));
  const packages = Object.keys(dependencies ?? {}).filter((name) => name.startsWith("@ninefold/"));
  const dist = join(folder, "dist");
  await using bundle = await bundled({
    ...Object.fromEntries(commands.map((path) => [path, `./packages/ninefold/src/${path}.ts`])),
    ...Object.fromEntries(packages.map((name) => [`plugins/${name}`, name])),
    // Where the kernel looks for it: beside its own module.
    "lane-process": "./packages/core/src/lane/lane-process.ts",
  });
  await bundle.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  writeFileSync(join(folder, "package.json"), manifest);
  mkdirSync(join(folder, "bin"));
  for (const [name, path] of Object.entries(bin ?? {})) {
    const program = path.replace(/^\.(.*)\.js$/, "..$1.mjs");
    const text = `#!/bin/sh\nexec node "$(dirname "$(readlink -f "$0")")/${program}" "$@"\n`;
    writeFileSync(join(folder, "bin", name), text, { mode: 0o755 });
  }
  for (const name of packages) {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, exports: "./index.mjs" }));
    const entry = `../../../dist/plugins/${name}.mjs`;
    writeFileSync(
      join(place, "index.mjs"),
      `import * as plugin from ${JSON.stringify(entry)};\nexport default plugin.default;\n`,
    );
  }
}

function bundled(input: NonNullable<InputOptions["input"]>): ReturnType<typeof rolldown> {
  return rolldown({
    input,
    cwd: repository,
    platform: "node",
    resolve: { conditionNames: ["@ninefold/source", "node", "import", "default"] },
  });
}
