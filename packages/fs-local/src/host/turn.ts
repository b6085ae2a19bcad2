/** Something whose changes happen one at a time: what the last one of them ends with. */
export interface Turns {
  lastTurn: Promise<unknown> | undefined;
}

/** Runs `work` after all that was begun before it on the same object. */
export function inTurn<Result>(of: Turns, work: () => Promise<Result>): Promise<Result> {
  const before = of.lastTurn;
  const mine = before === undefined ? work() : before.then(work, work);
  of.lastTurn = mine;
  const done = () => {
    if (of.lastTurn === mine) of.lastTurn = undefined;
  };
  mine.then(done, done);
  return mine;
}
