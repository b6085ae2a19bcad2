import type { StandardSchema } from "@ninefold/core/contracts";
import { byteSize, wholeNumber } from "@ninefold/core/options";
import { z } from "zod";

const UNITS = ["bps", "iops"] as const;
const WAYS = ["total", "read", "write"] as const;
type Rate = `${(typeof UNITS)[number]}-${(typeof WAYS)[number]}`;

/**
 * QEMU's names without `throttling.`: `bps-total`, `iops-read-max`, `bps-write-max-length`, `iops-size`… A rate that is
 * absent, or 0, is not limited.
 */
export type ThrottleOptions = {
  readonly [Key in Rate | `${Rate}-max` | `${Rate}-max-length` | "iops-size"]?: number | undefined;
};

/** QEMU's THROTTLE_VALUE_MAX. */
const MOST = 1e15;

const rates: readonly Rate[] = UNITS.flatMap((unit) => WAYS.map((way) => `${unit}-${way}` as const));

const WHAT = { total: "of reads and writes together", read: "of reads", write: "of writes" } as const;

const shape = Object.fromEntries(
  UNITS.flatMap((unit) =>
    WAYS.flatMap((way) => {
      const rate = `${unit}-${way}`;
      const amount = unit === "bps" ? byteSize({ max: MOST }) : wholeNumber({ max: MOST });
      const what = `${unit === "bps" ? "bytes" : "operations"} a second ${WHAT[way]}`;
      return [
        [rate, amount.optional().meta({ description: `${what}; 0, or absent, is no limit` })],
        [`${rate}-max`, amount.optional().meta({ description: `${what} in a burst` })],
        [
          `${rate}-max-length`,
          wholeNumber({ min: 1, max: MOST })
            .optional()
            .meta({ description: `seconds that a burst may last at ${rate}-max; 1 when absent` }),
        ],
      ];
    }),
  ),
) as Record<keyof ThrottleOptions, z.ZodOptional<z.ZodType<number, number | string>>>;

export const throttleOptions: StandardSchema<unknown, ThrottleOptions> = z
  .strictObject({
    ...shape,
    "iops-size": byteSize({ max: MOST })
      .optional()
      .meta({ description: "a request of more bytes counts as several operations; 0, or absent: as one" }),
  })
  .superRefine((options, context) => {
    const refuse = (key: keyof ThrottleOptions, message: string): void =>
      context.addIssue({ code: "custom", path: [key], message });
    for (const unit of UNITS) checkTotal(unit, options, refuse);
    for (const rate of rates) checkBurst(rate, options, refuse);
    const hasIops = WAYS.some((way) => (options[`iops-${way}`] ?? 0) > 0);
    if ((options["iops-size"] ?? 0) > 0 && !hasIops) {
      refuse("iops-size", "needs a limit of operations beside it: iops-total, iops-read or iops-write");
    }
  });

type Refuse = (key: keyof ThrottleOptions, message: string) => void;

/** A total and one of its ways would be two limits for one thing: QEMU refuses it, too. */
function checkTotal(unit: (typeof UNITS)[number], options: ThrottleOptions, refuse: Refuse): void {
  for (const end of ["", "-max"] as const) {
    const key = `${unit}-total${end}` as const;
    const ways = ([`${unit}-read${end}`, `${unit}-write${end}`] as const).filter(
      (way) => (options[way] ?? 0) > 0,
    );
    if ((options[key] ?? 0) > 0 && ways.length > 0) {
      refuse(key, `cannot be given beside ${ways.join(" and ")}; give the total, or one for each way`);
    }
  }
}

function checkBurst(rate: Rate, options: ThrottleOptions, refuse: Refuse): void {
  const average = options[rate] ?? 0;
  const max = options[`${rate}-max`] ?? 0;
  const length = options[`${rate}-max-length`] ?? 1;
  if (max > 0 && average === 0) refuse(`${rate}-max`, `needs ${rate}, which is the rate after a burst`);
  else if (max > 0 && max < average) refuse(`${rate}-max`, `must be at least ${rate} (${average})`);
  if (length > 1 && max === 0) refuse(`${rate}-max-length`, `needs ${rate}-max, the rate of the burst`);
  else if (max > 0 && length > MOST / max) refuse(`${rate}-max-length`, `is too long for ${rate}-max=${max}`);
}
