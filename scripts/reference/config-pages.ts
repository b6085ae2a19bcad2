import {
  ATTACH_STRATEGY,
  configJsonSchema,
  FS_DRIVER,
  FS_LAYER,
  type Plugin,
  type StandardSchema,
  type Token,
  TRANSPORT,
} from "@ninefold/core";
import { DEFAULT_PLUGINS } from "ninefold";
import { GENERATED, type Page, table, withoutTags } from "./page.ts";
import { type JsonSchema, type SchemaRow, schemaRows } from "./schema-rows.ts";

const HEAD = ["key", "type", "default", "meaning"];

/** The keys of a configuration file, from the schema that checks it. */
export function configPage(): Page {
  const rows = schemaRows(configJsonSchema() as JsonSchema, "the configuration");
  return {
    path: "config.md",
    text: `${[
      GENERATED,
      "# Configuration keys",
      "What a file that `--config` names may say, and `createBackend({ … })` takes. Other keys of an fsdev, a layer, a device, a\nlistener or `xen` are options of what it names: [options.md](options.md). [CONFIGURATION.md](../CONFIGURATION.md) explains,\nwith the command line's words.",
      table(HEAD, rows.map(cellsOf)),
    ].join("\n\n")}\n`,
  };
}

interface Contribution {
  readonly name: string;
  readonly description: string;
  readonly schema: StandardSchema;
  readonly deviceTypes?: readonly string[];
}

/** What plugins contribute, by the token's name. */
type Contributions = Map<string, Contribution[]>;

interface Section {
  readonly token: Token<Contribution>;
  readonly title: string;
  readonly headingOf?: (one: Contribution) => string;
  readonly useOf: (one: Contribution) => string;
}

const SECTIONS: readonly Section[] = [
  { token: FS_DRIVER, title: "Drivers", useOf: ({ name }) => `-fsdev ${name},id=ID,…` },
  { token: FS_LAYER, title: "Layers", useOf: ({ name }) => `layers: [{ layer: ${name}, … }]` },
  {
    token: TRANSPORT,
    title: "Devices",
    headingOf: ({ deviceTypes = [] }) => deviceTypes.join(", "),
    useOf: ({ deviceTypes: [type] = [] }) => `-device ${type},fsdev=ID,mount_tag=TAG,…`,
  },
  { token: ATTACH_STRATEGY, title: "Attach strategies", useOf: ({ name }) => `--attach ${name},…` },
];

/** The options of each driver, layer, transport and strategy that comes along, from the schemas that check them. */
export async function optionsPage(): Promise<Page> {
  const contributions = await contributed();
  const parts = [
    GENERATED,
    "# Options",
    "What the drivers, transports and attach strategies that come along take. Third parties' say it in their own documents, and\n`ninefold plugins` lists them. Each option can be written on the command line (`key=value`) or in a file (`key: value`).",
  ];
  for (const section of SECTIONS) {
    const found = contributions.get(section.token.name) ?? [];
    if (found.length > 0)
      parts.push(`## ${section.title}`, ...found.map((one) => contributionText(one, section, found)));
  }
  return { path: "options.md", text: `${parts.join("\n\n")}\n` };
}

function contributionText(one: Contribution, section: Section, all: readonly Contribution[]): string {
  const { name, description, schema } = one;
  const { headingOf = () => name, useOf } = section;
  const title = `### ${headingOf(one)}`;
  const namesake = all.slice(0, all.indexOf(one)).find((other) => other.schema === schema);
  if (namesake !== undefined) return `${title}\n\nAnother name of ${namesake.name}.`;
  const rows = schemaRows(inputSchema(name, schema), name).map(cellsOf);
  const use = `${withoutTags(description.charAt(0).toUpperCase() + description.slice(1))}. \`${useOf(one)}\``;
  return [title, use, rows.length === 0 ? "It has no options." : table(HEAD, rows)].join("\n\n");
}

function cellsOf({ key, type, fallback, description }: SchemaRow): string[] {
  return [`\`${key}\``, type, fallback, description];
}

interface StandardJsonSchema {
  readonly vendor: string;
  readonly jsonSchema?: { readonly input: (options: object) => unknown };
}

function inputSchema(name: string, schema: StandardSchema): JsonSchema {
  const { jsonSchema }: StandardJsonSchema = schema["~standard"];
  if (jsonSchema === undefined) throw new Error(`${name}: its schema cannot be told as JSON Schema`);
  return jsonSchema.input({ target: "draft-2020-12" }) as JsonSchema;
}

async function contributed(): Promise<Contributions> {
  const found: Contributions = new Map();
  for (const specifier of DEFAULT_PLUGINS) {
    const { default: plugin } = (await import(specifier)) as { readonly default: Plugin };
    plugin.register({
      register: (token, value) => {
        const list = found.get(token.name) ?? [];
        found.set(token.name, [...list, value as unknown as Contribution]);
      },
    });
  }
  return found;
}
