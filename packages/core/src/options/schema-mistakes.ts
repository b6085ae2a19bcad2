import type { Mistake } from "../contracts/config-error.ts";
import type { SchemaIssue, StandardSchema } from "../contracts/standard-schema.ts";
import {
  allowedKeys,
  allowedValues,
  descriptionAt,
  inputJsonSchema,
  type JsonSchema,
} from "./json-schema.ts";

/** How messages speak of what was checked. */
export interface MistakePlaces {
  /** What a key is called: `option`, `key`. */
  readonly noun: string;
  /** What all of it is called. */
  readonly whole: string;
  /** Keys beside the schema's, to be named among those that are allowed. */
  readonly others?: readonly string[];
  /** Splits a path into the place and the key there. */
  locate(path: readonly PropertyKey[]): { readonly place: string; readonly key: string };
}

/** One mistake for each issue that a schema of any library had with `input`. Never empty. */
export function schemaMistakes(
  schema: StandardSchema,
  input: unknown,
  issues: readonly SchemaIssue[],
  places: MistakePlaces,
): [Mistake, ...Mistake[]] {
  const json = inputJsonSchema(schema);
  const [first, ...others] = issues.flatMap(settle).flatMap((issue) => describe(issue, input, json, places));
  return [
    first ?? {
      code: "ERR_CONFIG_VALUE",
      path: places.locate([]).place,
      problem: "the schema refuses this without saying why",
    },
    ...others,
  ];
}

/** What zod says beyond the standard. */
interface ZodIssue extends SchemaIssue {
  readonly code?: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly ZodIssue[])[];
}

/**
 * Of a union's issues, those of the one alternative that has the right shape, so that the message is about the key that
 * is wrong and not about the alternatives.
 */
function settle(issue: ZodIssue): ZodIssue[] {
  const branches: readonly (readonly ZodIssue[])[] = Array.isArray(issue.errors) ? issue.errors : [];
  const close = branches.filter((branch) => branch.some((one) => pathOf(one).length > 0 || one.keys));
  const [branch] = close;
  if (branch === undefined || close.length !== 1) return [issue];
  return branch.map((inner) => ({ ...inner, path: [...pathOf(issue), ...pathOf(inner)] })).flatMap(settle);
}

function describe(
  issue: ZodIssue,
  input: unknown,
  json: JsonSchema | undefined,
  places: MistakePlaces,
): Mistake[] {
  const path = pathOf(issue);
  if (issue.keys !== undefined) {
    return issue.keys.map((key) => unknownKey([...path, key], input, json, places));
  }
  const value = valueAt(input, path);
  const siblings = allowedKeys(json, path.slice(0, -1));
  const last = path.at(-1);
  if (value !== undefined && typeof last === "string" && siblings?.includes(last) === false) {
    return [unknownKey(path, input, json, places)];
  }
  const { place, key } = places.locate(path);
  const subject = key === "" ? places.whole : `${places.noun} "${key}"`;
  const fault =
    value === undefined
      ? ({ code: "ERR_CONFIG_MISSING", problem: `${subject} is missing` } as const)
      : ({ code: "ERR_CONFIG_VALUE", problem: `${subject} is ${showValue(value)}`, value } as const);
  const hint = mendOf(issue, json, path, value === undefined);
  return [{ path: place, option: key, ...fault, ...(hint === undefined ? {} : { hint }) }];
}

/** What is allowed at `path`, in the author's words, or as a list of values, or as the library says it. */
function mendOf(
  { message }: ZodIssue,
  json: JsonSchema | undefined,
  path: readonly PropertyKey[],
  isMissing: boolean,
): string | undefined {
  // A library's own words say no more than the value's type; an author's may say why.
  if (!/^(?:Invalid |Required$)/.test(message)) return tidy(message);
  const allowed = allowedValues(json, path);
  if (allowed !== undefined) return `allowed: ${allowed.join(", ")}`;
  return isMissing ? descriptionAt(json, path) : tidy(message);
}

function unknownKey(
  path: readonly PropertyKey[],
  input: unknown,
  json: JsonSchema | undefined,
  places: MistakePlaces,
): Mistake {
  const { place, key } = places.locate(path);
  const allowed = allowedKeys(json, path.slice(0, -1));
  const others = path.length === 1 ? (places.others ?? []) : [];
  return {
    code: "ERR_CONFIG_KEY",
    path: place,
    option: key,
    value: valueAt(input, path),
    problem: `${places.noun} "${key}" is unknown`,
    ...(allowed === undefined ? {} : { hint: `allowed: ${[...allowed, ...others].join(", ")}` }),
  };
}

function pathOf(issue: SchemaIssue): PropertyKey[] {
  return (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A value in a message: as JSON, at most 60 characters. */
export function showValue(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** zod's default messages without what the line says already. */
function tidy(message: string): string {
  const short = message.replace(/^Invalid [a-z]+: /, "").replace(/, received [^,]*$/, "");
  return short.charAt(0).toLowerCase() + short.slice(1);
}

/** A path as people write it: `devices[0].mount_tag`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}
