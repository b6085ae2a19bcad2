import { rolldown } from "rolldown";

/**
 * Makes each program one file of JavaScript in `folder`, named as it is. Under emulation, loading hundreds of files and
 * stripping their types takes most of a minute.
 */
export async function bundlePrograms(sources: readonly string[], folder: string): Promise<void> {
  for (const source of sources) {
    const bundle = await rolldown({
      input: source,
      platform: "node",
      resolve: { conditionNames: ["@ninefold/source", "node", "import", "default"] },
    });
    await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", codeSplitting: false });
    await bundle.close();
  }
}
