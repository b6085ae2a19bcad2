import { ConfigError } from "../contracts/config-error.ts";
import type { StandardSchema } from "../contracts/standard-schema.ts";
import { formatPath, schemaMistakes } from "./schema-mistakes.ts";

/**
 * The options as a plugin's schema gives them, frozen. Throws a ConfigError with a line for each mistake; `owner` is
 * whose options they are: `fsdev fs0`. `otherKeys` are those that somebody else reads, which messages name as allowed.
 */
export async function checkOptions<Options>(
  schema: StandardSchema<unknown, Options>,
  options: unknown,
  owner: string,
  otherKeys: readonly string[] = [],
): Promise<Options> {
  const result = await schema["~standard"].validate(options);
  if (result.issues === undefined) return deepFreeze(result.value);
  const [first, ...others] = schemaMistakes(schema, options, result.issues, {
    noun: "option",
    whole: "the list of options",
    others: otherKeys,
    locate: (path) => ({ place: owner, key: formatPath(path) }),
  });
  throw new ConfigError(first, others);
}

/** Freezes plain objects and arrays, all the way down; anything else is left as it is. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
