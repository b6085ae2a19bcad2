import { silentLogger } from "@ninefold/core";
import type { DriverEnvironment, FsLayer, FsNode, FsTree } from "@ninefold/core/contracts";

export const environment: DriverEnvironment = { fsdev: "fs0", log: silentLogger, baseDirectory: "/" };

/** The tree in a layer, whose options are as a user writes them. */
export async function wrapped<Options>(
  layer: FsLayer<Options>,
  options: Readonly<Record<string, unknown>>,
  tree: FsTree | Promise<FsTree>,
): Promise<FsTree> {
  const checked = await layer.schema["~standard"].validate(options);
  if (checked.issues !== undefined) throw new Error(checked.issues.map(({ message }) => message).join("; "));
  return layer.wrap(await tree, checked.value, environment);
}

/** What is wrong with options, each as `key: message`. */
export async function mistakesIn(
  layer: FsLayer<never> | FsLayer,
  options: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const { issues = [] } = await layer.schema["~standard"].validate(options);
  return issues.map(({ path = [], message }) => `${path.join(".")}: ${message}`);
}

export function rootOf(tree: FsTree, uid = -1): Promise<FsNode> {
  return tree.attach("", { name: "guest", uid });
}
