import type { Account } from "./account.ts";
import type { Usage } from "./usage.ts";

/** Runs `action` when the changes of names in these directories that began before have ended. */
export function inTurn<Value>(
  usage: Usage,
  directories: readonly Account[],
  action: () => Promise<Value>,
): Promise<Value> {
  const before = directories.map(({ turn }) => turn);
  const result = Promise.all(before).then(async () => {
    usage.changing++;
    try {
      return await action();
    } finally {
      usage.changing--;
    }
  });
  const end = result.then(
    () => {},
    () => {},
  );
  for (const directory of directories) directory.turn = end;
  return result;
}
