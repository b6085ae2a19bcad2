import type { StandardSchema } from "@ninefold/core/contracts";
import { wholeNumber } from "@ninefold/core/options";
import { z } from "zod";
import type { IdRange } from "./id-map.ts";

/** The largest id of Linux: the one above says "none". */
const MOST = 0xffff_fffe;
const NOBODY = "65534";

/** Options of the layer `idmap`. */
export interface IdmapOptions {
  /** Users of guests and of the host: as text `GUEST:HOST[:COUNT]`. Absent: users stay as they are. */
  readonly uid?: readonly IdRange[] | undefined;
  /** The same for groups. */
  readonly gid?: readonly IdRange[] | undefined;
  /** What becomes of a guest's id that is in no range: refused with EPERM, or taken for `squash-uid`, `squash-gid`. */
  readonly others: "forbid" | "squash";
  readonly "squash-uid": number;
  readonly "squash-gid": number;
  /** What guests see of a host's id that is in no range. */
  readonly "unknown-uid": number;
  readonly "unknown-gid": number;
}

const FORM = "must be ranges GUEST:HOST or GUEST:HOST:COUNT, such as 0:100000:65536";

const range = z.string({ error: FORM }).transform((text, context): IdRange => {
  const [, guest, host, count = "1"] = /^(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const found = { guest: Number(guest), host: Number(host), count: Number(count) };
  const last = Math.max(found.guest, found.host) + found.count - 1;
  if (found.count > 0 && last <= MOST) return found;
  context.addIssue({ code: "custom", message: `${FORM}, with ids up to ${MOST}, not "${text}"` });
  return z.NEVER;
});

/** Text with commas between ranges, or a list. */
const ranges = z
  .union([z.string().transform((text) => text.split(",")), z.array(z.string())], { error: FORM })
  .pipe(z.array(range))
  .superRefine((all, context) => {
    for (const side of ["guest", "host"] as const) {
      const sorted = [...all].sort((a, b) => a[side] - b[side]);
      const index = sorted.findIndex(
        (one, i) => i > 0 && one[side] < (sorted[i - 1]?.[side] ?? 0) + (sorted[i - 1]?.count ?? 0),
      );
      const twice = sorted[index]?.[side];
      if (twice !== undefined)
        context.addIssue({
          code: "custom",
          message: `has the ${side}'s id ${twice} in two ranges: leave one out`,
        });
    }
  });

const id = (who: string) => wholeNumber({ max: MOST }).prefault(NOBODY).meta({ description: who });

export const idmapOptions: StandardSchema<unknown, IdmapOptions> = z
  .strictObject({
    uid: ranges.optional().meta({ description: "users, GUEST:HOST[:COUNT],…; as they are when absent" }),
    gid: ranges.optional().meta({ description: "groups, GUEST:HOST[:COUNT],…; as they are when absent" }),
    others: z.enum(["forbid", "squash"]).default("forbid").meta({
      description: "a guest's id that is in no range: EPERM, or taken for squash-uid or squash-gid",
    }),
    "squash-uid": id("the host's user for guests' users in no range, with others=squash"),
    "squash-gid": id("the host's group for guests' groups in no range, with others=squash"),
    "unknown-uid": id("the user that guests see for the host's users in no range"),
    "unknown-gid": id("the group that guests see for the host's groups in no range"),
  })
  .superRefine((options, context) => {
    if (options.uid === undefined && options.gid === undefined)
      context.addIssue({
        code: "custom",
        path: ["uid"],
        message: "or gid must be given: ranges such as 0:100000:65536",
      });
  });
