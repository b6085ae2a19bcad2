/** The part of JSON Schema that zod writes of a schema's input. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

export interface SchemaRow {
  /** `xen.attach`, `devices[].type`, `fsdevs.ID.driver`. */
  readonly key: string;
  readonly type: string;
  /** As a file has it; "required", or "" when absence has a meaning of its own, which the description tells. */
  readonly fallback: string;
  readonly description: string;
}

/** The keys of a schema as rows, the keys of maps and lists in it after them. Throws for a key without description. */
export function schemaRows(schema: JsonSchema, owner: string, prefix = ""): SchemaRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = `${prefix}${name}`;
    const { description } = child;
    if (description === undefined) throw new Error(`${owner}: the schema does not describe "${key}"`);
    const isRequired = schema.required?.includes(name) === true && child.default === undefined;
    const row = { key, type: typeText(child), fallback: fallbackText(child, isRequired), description };
    return [row, ...insideOf(child, owner, key)];
  });
}

function insideOf(schema: JsonSchema, owner: string, key: string): SchemaRow[] {
  const { items, additionalProperties, anyOf, properties } = schema;
  if (properties !== undefined) return schemaRows(schema, owner, `${key}.`);
  if (typeof additionalProperties === "object") return insideOf(additionalProperties, owner, `${key}.NAME`);
  if (items !== undefined) return insideOf(items, owner, `${key}[]`);
  // A map and a list of the same say the same: the first that has keys of its own is told.
  for (const one of anyOf ?? []) {
    const rows = insideOf(one, owner, key);
    if (rows.length > 0) return rows;
  }
  return [];
}

function typeText(schema: JsonSchema): string {
  const { type, title, anyOf, items, additionalProperties } = schema;
  if (title !== undefined) return title;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeText))].join(" or ");
  if (items !== undefined) return `list of ${plural(typeText(items))}`;
  if (schema.properties !== undefined) return "map";
  if (typeof additionalProperties === "object") return `map of ${plural(typeText(additionalProperties))}`;
  const name = type === "integer" ? "whole number" : type === "string" ? "text" : (type ?? "anything");
  return `${name}${boundsText(schema)}`;
}

function plural(type: string): string {
  return type.replace(/^(text|map)\b/, "$1s").replace(/ or (text|map)\b/, " or $1s");
}

function boundsText({ minimum, maximum }: JsonSchema): string {
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (isBounded) return ` from ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined || minimum <= 0 ? "" : `, at least ${minimum}`;
}

function fallbackText(schema: JsonSchema, isRequired: boolean): string {
  if (isRequired) return "required";
  const value = schema.default;
  if (value === undefined) return "";
  if (typeof value === "boolean") return code(value ? "on" : "off");
  return code(value);
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
