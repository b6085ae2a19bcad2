import type { FsDriver, FsTree } from "@ninefold/core/contracts";
import type { PrintLine, TestRunner } from "../runner.ts";
import { attributes } from "./attributes.ts";
import { removing, renaming } from "./change-names.ts";
import { concurrency } from "./concurrency.ts";
import { contribution } from "./contribution.ts";
import { creating } from "./create.ts";
import { data } from "./data.ts";
import { keys } from "./keys.ts";
import { hardLinks, specialFiles, symlinks } from "./links.ts";
import { locks } from "./locks.ts";
import { listing } from "./readdir.ts";
import { type Concern, describeConcern, type Way } from "./tree-suite.ts";
import { tryForms } from "./try-forms.ts";
import { type TreeTuning, tuned } from "./tuning.ts";
import { names, walking } from "./walk.ts";
import { directly, throughEngine } from "./ways.ts";
import { wholeTree } from "./whole-tree.ts";
import { xattrs } from "./xattrs.ts";

/** All concerns, in the order in which they build on each other. */
export const CONCERNS: Readonly<Record<string, Concern>> = {
  walking: walking,
  "creating and opening": creating,
  data: data,
  listing: listing,
  attributes: attributes,
  removing: removing,
  renaming: renaming,
  names: names,
  "hard links": hardLinks,
  "symbolic links": symlinks,
  "special files": specialFiles,
  "extended attributes": xattrs,
  locks: locks,
  keys: keys,
  "try forms": tryForms,
  concurrency: concurrency,
  "the whole tree": wholeTree,
};

/** What the suite is told of a driver. */
export interface FsDriverComplianceOptions {
  /**
   * A fresh tree that nothing else uses, for each test: empty, or, when it is read-only, with `SAMPLE_FILES`. Throws as
   * the driver does.
   */
  setup(): FsTree | Promise<FsTree>;
  /** Ends the tree and what `setup` made for it. Closes the tree unless given. */
  teardown?(tree: FsTree): Promise<void>;
  /** The driver itself: then its name, description and schema are tested too. */
  readonly driver?: Pick<FsDriver, "name" | "description" | "schema">;
  /** Options that the driver takes, as a user writes them. `{}` unless given. */
  readonly driverOptions?: Readonly<Record<string, unknown>>;
  /** What the suite cannot learn from the tree. */
  readonly options?: Partial<TreeTuning>;
  /** How the cases reach the tree: directly and through the engine, unless given. */
  readonly ways?: readonly Way[];
  /** Names of `CONCERNS` to test: all, unless given. */
  readonly concerns?: readonly string[];
  /** Where the reasons of skipped tests go: `console.info` unless given. */
  readonly print?: PrintLine;
}

/** Everything that a driver must keep, as tests of `runner` under `name`. */
export function fsDriverCompliance(
  runner: TestRunner,
  name: string,
  options: FsDriverComplianceOptions,
): void {
  const { driver } = options;
  if (driver !== undefined) {
    runner.describe(`${name}: the contribution`, () =>
      contribution(runner, driver, options.driverOptions ?? {}),
    );
  }
  for (const way of options.ways ?? [directly, throughEngine]) {
    treeCompliance(runner, `${name}, ${way.name}`, options, way);
  }
}

/** The same for one way to the tree. */
export function treeCompliance(
  runner: TestRunner,
  name: string,
  options: FsDriverComplianceOptions,
  way: Way,
): void {
  const source = {
    setup: async () => options.setup(),
    teardown: async (tree: FsTree) => (options.teardown ? options.teardown(tree) : tree.close()),
    tuning: tuned(options.options),
    print: options.print ?? ((line) => console.info(line)),
  };
  for (const concern of options.concerns ?? Object.keys(CONCERNS)) {
    const cases = CONCERNS[concern];
    if (cases === undefined) throw new TypeError(`no concern is named "${concern}"`);
    describeConcern(runner, `${name}: ${concern}`, cases, source, way);
  }
}
