import type { StandardSchema } from "../contracts/standard-schema.ts";

/** The little of a JSON Schema that messages are made of. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
}

/** The part of the extension that is used here; a schema without it has none. */
interface StandardJsonSchema {
  readonly vendor: string;
  readonly jsonSchema?: { readonly input?: (options: object) => unknown };
}

/** A schema's input as JSON Schema, when its library can say it (the Standard JSON Schema extension). */
export function inputJsonSchema(schema: StandardSchema): JsonSchema | undefined {
  const standard: StandardJsonSchema = schema["~standard"];
  try {
    return standard.jsonSchema?.input?.({ target: "draft-2020-12" }) as JsonSchema | undefined;
  } catch {
    return undefined;
  }
}

/** The keys that are allowed at `path`; undefined when the schema does not tell. */
export function allowedKeys(
  schema: JsonSchema | undefined,
  path: readonly PropertyKey[],
): string[] | undefined {
  const keys = schemasAt(schema, path).flatMap((found) => Object.keys(found.properties ?? {}));
  return keys.length === 0 ? undefined : [...new Set(keys)];
}

/** The values that are allowed at `path`; undefined when they cannot be counted up. */
export function allowedValues(
  schema: JsonSchema | undefined,
  path: readonly PropertyKey[],
): unknown[] | undefined {
  const found = schemasAt(schema, path);
  const values = found.flatMap((one) => one.enum ?? []);
  return values.length > 0 && found.every((one) => one.enum !== undefined) ? values : undefined;
}

/** What the author says of the value at `path`. */
export function descriptionAt(
  schema: JsonSchema | undefined,
  path: readonly PropertyKey[],
): string | undefined {
  return schemasAt(schema, path).find((found) => found.description !== undefined)?.description;
}

/** All schemas that may apply at `path`, alternatives taken apart. */
function schemasAt(schema: JsonSchema | undefined, path: readonly PropertyKey[]): JsonSchema[] {
  let found = alternatives(schema);
  for (const key of path) found = found.flatMap((one) => alternatives(childOf(one, key)));
  return found;
}

function childOf(schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const child =
    typeof key === "number"
      ? schema.items
      : (schema.properties?.[String(key)] ?? schema.additionalProperties);
  return typeof child === "object" ? child : undefined;
}

function alternatives(schema: JsonSchema | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  return parts === undefined ? [schema] : parts.flatMap(alternatives);
}
