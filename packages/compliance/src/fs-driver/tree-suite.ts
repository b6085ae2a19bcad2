import type { FsCapabilities, FsNode, FsTree } from "@ninefold/core/contracts";
import { type PrintLine, skip, skipSilently, type TestContext, type TestRunner } from "../runner.ts";
import type { TreeTuning } from "./tuning.ts";

/** What a case needs beyond a tree: a capability of the tree, or something that the way to it may not carry. */
export type Need = Exclude<keyof FsCapabilities, "readOnly"> | WayAbility;

/**
 * What may be lost between a tree and the suite:
 *   keys     `key()` and `find()` are the tree's own
 *   places   a node knows its name and directory after a rename that it did not make
 *   held     a node that nobody has opened survives the removal of its names
 *   lockOwners  locks can be asked for as any owner
 *   xattrValues empty values of extended attributes can be set and replaced
 *   moves    a name can be given in another directory
 *   direct   calls reach the tree itself: its `try…` forms, its refusals, other trees' nodes
 */
export type WayAbility = "keys" | "places" | "held" | "lockOwners" | "xattrValues" | "moves" | "direct";

/** How the cases reach the tree. */
export interface Way {
  readonly name: string;
  /** What this way does not carry, and why. */
  readonly lacks: Readonly<Partial<Record<Need, string>>>;
  /** What is coarser on this way than in the tree. */
  readonly tuning?: Partial<TreeTuning>;
  /** The tree as it is seen by this way; closing what it returns leaves `tree` open. */
  reach(tree: FsTree): Promise<FsTree>;
}

/** What a case works on. */
export interface TreeUnderTest {
  readonly tree: FsTree;
  /** A reference that the case need not give back. */
  readonly root: FsNode;
  readonly tuning: TreeTuning;
}

/** On which trees a case runs. */
export interface CaseRules {
  readonly needs?: readonly Need[];
  /** Runs only on trees that say they have not got this. */
  readonly without?: Exclude<keyof FsCapabilities, "readOnly">;
  /** `any`: also on read-only trees, which have SAMPLE_FILES in them. */
  readonly on?: "writable" | "read-only" | "any";
}

/** Takes the cases of a concern. */
export interface TreeSuite {
  test(name: string, rules: CaseRules, run: (subject: TreeUnderTest) => Promise<void>): void;
}

/** One function a concern: it gives its cases to a suite. */
export type Concern = (suite: TreeSuite) => void;

export interface TreeSource {
  setup(): Promise<FsTree>;
  teardown(tree: FsTree): Promise<void>;
  readonly tuning: TreeTuning;
  readonly print: PrintLine;
}

/** Describes a concern to `runner`: each case has a tree of its own from `source`, reached by `way`. */
export function describeConcern(
  runner: TestRunner,
  title: string,
  concern: Concern,
  source: TreeSource,
  way: Way,
): void {
  const cases: (() => void)[] = [];
  const left = new Map<string, number>();
  concern({
    test(name, rules, run) {
      const reason = source.tuning.skip[name] ?? lostOnTheWay(rules, way);
      if (reason !== undefined) left.set(reason, (left.get(reason) ?? 0) + 1);
      else {
        cases.push(() => {
          runner.it(name, (context) => runCase(`${title}: ${name}`, rules, run, source, way, context));
        });
      }
    },
  });
  for (const [reason, count] of left) {
    source.print(`skip - ${title}: ${count} case${count === 1 ? "" : "s"} (${reason})`);
  }
  // Some runners take an empty group for a mistake.
  if (cases.length === 0) return;
  runner.describe(title, () => {
    for (const define of cases) define();
  });
}

async function runCase(
  title: string,
  rules: CaseRules,
  run: (subject: TreeUnderTest) => Promise<void>,
  source: TreeSource,
  way: Way,
  context: TestContext | undefined,
): Promise<void> {
  const tree = await source.setup();
  try {
    const reached = await way.reach(tree);
    try {
      const other = isOtherSide(rules, reached.supports);
      if (other !== undefined) return skipSilently(other, context);
      const reason = missing(rules, reached.supports);
      if (reason !== undefined) return skip(source.print, title, reason, context);
      const root = await reached.attach("", { name: "compliance", uid: source.tuning.uid });
      await run({ tree: reached, root, tuning: { ...source.tuning, ...way.tuning } });
      root.release();
    } finally {
      if (reached !== tree) await reached.close();
    }
  } finally {
    await source.teardown(tree);
  }
}

/** Why the way to the tree leaves no sense in a case. */
function lostOnTheWay({ needs = [], without }: CaseRules, way: Way): string | undefined {
  const lost = [...needs, without].find((need) => need !== undefined && need in way.lacks);
  return way.lacks[lost as Need];
}

/** Of the two sides of a capability only one applies: the reason when it is the other one than this case's. */
function isOtherSide({ without, on }: CaseRules, supports: FsCapabilities): string | undefined {
  if (without !== undefined && supports[without]) return `the tree has ${without}`;
  return on === "read-only" && !supports.readOnly ? "the tree can be changed" : undefined;
}

function missing({ needs = [], on = "writable" }: CaseRules, supports: FsCapabilities): string | undefined {
  if (on === "writable" && supports.readOnly) return "the tree is read-only";
  const need = needs.find((each) => each in supports && !supports[each as keyof FsCapabilities]);
  return need === undefined ? undefined : `the tree has no ${need}`;
}
