import { ConfigError } from "@ninefold/core";
import { errnoName } from "@ninefold/native";

/** What a call answered. Throws ConfigError ERR_TREE_ACCESS, naming the object and what was tried, for a negative errno. */
export function need(result: number, path: string, what: string): number {
  if (result >= 0) return result;
  throw new ConfigError({
    code: "ERR_TREE_ACCESS",
    path,
    value: errnoName(result),
    problem: `${what} failed: ${errnoName(result)}`,
  });
}
