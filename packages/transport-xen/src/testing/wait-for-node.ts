import type { XenStore } from "../xenstore/store.ts";

/** Resolves when the node has this value (undefined: is gone). Rejects, saying what it was instead, when it takes too long. */
export function waitForNode(
  store: XenStore,
  path: string,
  wanted: string | RegExp | undefined,
  timeoutMs = 60_000,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: string | undefined;
    const timer = setTimeout(() => {
      settle();
      reject(
        new Error(`${path} is ${last === undefined ? "not there" : `"${last}"`}, not ${String(wanted)}`),
      );
    }, timeoutMs);
    const look = async (): Promise<void> => {
      last = await store.read(path);
      const isMatch = wanted instanceof RegExp ? last !== undefined && wanted.test(last) : last === wanted;
      if (!isMatch) return;
      settle();
      resolve();
    };
    const watching = store.watch(path, () => void look().catch(reject));
    watching.catch(reject);
    const settle = (): void => {
      clearTimeout(timer);
      void watching.then((watch) => watch.close());
    };
  });
}
