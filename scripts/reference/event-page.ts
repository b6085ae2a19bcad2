import {
  type InterfaceDeclaration,
  isInterfaceDeclaration,
  isPropertySignatureDeclaration,
  type Node,
  type PropertySignatureDeclaration,
} from "typescript/unstable/ast";
import { docText } from "./declaration-text.ts";
import { GENERATED, type Page, table } from "./page.ts";
import type { EntryPoint } from "./sources.ts";

const TITLES: Readonly<Record<string, string>> = {
  KernelEvents: "The kernel",
  PluginEvents: "Plugins",
  FsdevEvents: "Fsdevs",
  LaneEvents: "Lanes",
  DeviceEvents: "Devices",
  OfferEvents: "Offers of a Xen toolstack",
  SessionEvents: "Sessions",
};

/** All events of `kernel.events`, from the docstrings of KernelEvents and of the payloads. */
export function eventPage(contracts: EntryPoint): Page {
  const [declared] = contracts.symbols.find(({ name }) => name === "KernelEvents")?.declarations ?? [];
  if (declared === undefined) throw new Error(`${contracts.name} has no KernelEvents`);
  const interfaces = new Map(
    declared
      .getSourceFile()
      .statements.filter(isInterfaceDeclaration)
      .map((one) => [one.name.text, one]),
  );
  const all = ["KernelEvents", ...basesOf(interfaceNamed(interfaces, "KernelEvents"))];
  const sections = all.flatMap((name) => {
    const group = interfaceNamed(interfaces, name);
    const rows = propertiesOf(group).map((event) => eventRow(event, interfaces));
    return [`## ${TITLES[name] ?? name}`, docText(group), table(["event", "when", "payload"], rows)];
  });
  const intro =
    "For example `backend.events.on(\"connect\", ({ device }) => …)`; a kernel's and a backend's events are the same.";
  const payloads = [...interfaces.values()].filter(({ name: { text } }) => /\wEvent$/.test(text));
  const parts = [
    GENERATED,
    "# Events",
    intro,
    ...sections,
    "## Payloads",
    ...payloads.map((payload) => payloadText(payload, interfaces)),
  ];
  return { path: "events.md", text: `${parts.filter((part) => part !== "").join("\n\n")}\n` };
}

type Interfaces = ReadonlyMap<string, InterfaceDeclaration>;

function interfaceNamed(interfaces: Interfaces, name: string): InterfaceDeclaration {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`there is no interface ${name} beside KernelEvents`);
  return found;
}

function basesOf({ heritageClauses }: InterfaceDeclaration): string[] {
  return (heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()));
}

function propertiesOf({ members }: InterfaceDeclaration): PropertySignatureDeclaration[] {
  return members.filter(isPropertySignatureDeclaration);
}

function eventRow(event: PropertySignatureDeclaration, interfaces: Interfaces): string[] {
  const name = nameOf(event);
  const payload = /\(event: (\w+)\)/.exec(event.type.getText())?.[1];
  if (payload === undefined || !interfaces.has(payload)) throw new Error(`event ${name} has no payload`);
  return [`\`${name}\``, described(event, `event ${name}`), `[${payload}](#${payload.toLowerCase()})`];
}

function payloadText(payload: InterfaceDeclaration, interfaces: Interfaces): string {
  const name = payload.name.text;
  const rows = allProperties(payload, interfaces).map((property) => [
    `\`${nameOf(property)}\``,
    `\`${property.type.getText()}\``,
    described(property, `${name}.${nameOf(property)}`),
  ]);
  return [`### ${name}`, docText(payload), table(["field", "type", "meaning"], rows)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function allProperties(of: InterfaceDeclaration, interfaces: Interfaces): PropertySignatureDeclaration[] {
  const inherited = basesOf(of).flatMap((name) =>
    allProperties(interfaceNamed(interfaces, name), interfaces),
  );
  return [...inherited, ...propertiesOf(of)];
}

function nameOf({ name }: PropertySignatureDeclaration): string {
  return name.getText().replace(/^"|"$/g, "");
}

function described(node: Node, what: string): string {
  const text = docText(node);
  if (text === "") throw new Error(`${what} has no docstring`);
  return text;
}
