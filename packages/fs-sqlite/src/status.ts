import { errnoOf, type Status } from "@ninefold/core/contracts";

/** What `work` gives, or the negative errno of what it throws: a try form never throws. */
export function statusOf<Result>(work: () => Result): Result | Status {
  try {
    return work();
  } catch (error) {
    return -errnoOf(error);
  }
}
