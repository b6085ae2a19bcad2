import assert from "node:assert/strict";
import type { DriverEnvironment, FsCapabilities, FsLayer, FsNode, FsTree } from "@ninefold/core/contracts";
import { contribution } from "../fs-driver/contribution.ts";
import { type FsDriverComplianceOptions, fsDriverCompliance } from "../fs-driver/suite.ts";
import type { TestRunner } from "../runner.ts";
import { silent } from "../silent-logger.ts";

/** What the suite is told of a layer. */
export interface FsLayerComplianceOptions<Options = unknown>
  extends Pick<FsDriverComplianceOptions, "options" | "ways" | "concerns" | "print"> {
  readonly layer: FsLayer<Options>;
  /** The layer's options, as a user writes them. `{}` unless given. */
  readonly layerOptions?: Readonly<Record<string, unknown>>;
  /**
   * A fresh tree to be wrapped, for each test; closed by the layer. With `SAMPLE_FILES` in it when the wrapped tree is
   * read-only, else empty.
   */
  base(): FsTree | Promise<FsTree>;
  /** What the layer adds to the tree below, with its own means. Nothing unless given. */
  readonly adds?: readonly (keyof FsCapabilities)[];
  /** True when it must see each call and so answers nothing at once. */
  readonly hidesTryForms?: boolean;
}

/** Everything that a layer must keep, as tests of `runner` under `name`. */
export function fsLayerCompliance<Options>(
  runner: TestRunner,
  name: string,
  {
    layer,
    layerOptions = {},
    base,
    adds = [],
    hidesTryForms = false,
    ...rest
  }: FsLayerComplianceOptions<Options>,
): void {
  const wrap = async (tree: FsTree): Promise<FsTree> => {
    const checked = await layer.schema["~standard"].validate(layerOptions);
    if (checked.issues !== undefined)
      throw new TypeError(`the layer refuses its options: ${JSON.stringify(checked.issues)}`);
    return layer.wrap(tree, checked.value, environment);
  };
  runner.describe(`${name}: the contribution`, () => contribution(runner, layer, layerOptions));
  runner.describe(`${name}: around a tree`, () => around(runner, wrap, base, adds, hidesTryForms));
  fsDriverCompliance(runner, name, { ...rest, setup: async () => wrap(await base()) });
}

const environment: DriverEnvironment = { fsdev: "compliance", log: silent, baseDirectory: "/" };

function around(
  runner: TestRunner,
  wrap: (tree: FsTree) => Promise<FsTree>,
  base: () => FsTree | Promise<FsTree>,
  adds: readonly (keyof FsCapabilities)[],
  hidesTryForms: boolean,
): void {
  runner.it("promises no more than the tree below, but for what it adds", async () => {
    const below = await base();
    const tree = await wrap(below);
    for (const [capability, has] of Object.entries(tree.supports) as [keyof FsCapabilities, boolean][]) {
      if (capability === "readOnly") assert.ok(has || !below.supports.readOnly || adds.includes("readOnly"));
      else
        assert.ok(!has || below.supports[capability] || adds.includes(capability), `it adds ${capability}`);
    }
    await tree.close();
  });

  runner.it("closes the tree below, once", async () => {
    const below = await base();
    let closed = 0;
    const close = below.close.bind(below);
    below.close = () => {
      closed++;
      return close();
    };
    const tree = await wrap(below);
    assert.equal(closed, 0);
    await tree.close();
    assert.equal(closed, 1);
  });

  runner.it(hidesTryForms ? "has no try forms" : "passes try forms on", async () => {
    const below = await base();
    const tree = await wrap(below);
    const user = { name: "compliance", uid: -1 };
    const [inner, outer] = [await below.attach("", user), await tree.attach("", user)];
    for (const form of ["tryStat", "tryLookup", "tryOpen"] as const) {
      const has = (node: FsNode): boolean => typeof node[form] === "function";
      assert.ok(hidesTryForms ? !has(outer) : has(outer) || !has(inner), form);
    }
    inner.release();
    outer.release();
    await tree.close();
  });
}
