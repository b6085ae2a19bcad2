import {
  isClassDeclaration,
  isFunctionDeclaration,
  isInterfaceDeclaration,
  isPrivateIdentifier,
  isTypeAliasDeclaration,
  isVariableDeclaration,
  type ModifierLike,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast";

export type DeclarationKind = "function" | "class" | "interface" | "type" | "constant";

export function kindOf(node: Node): DeclarationKind {
  if (isFunctionDeclaration(node)) return "function";
  if (isClassDeclaration(node)) return "class";
  if (isInterfaceDeclaration(node)) return "interface";
  if (isTypeAliasDeclaration(node)) return "type";
  if (isVariableDeclaration(node)) return "constant";
  throw new Error(`there is no page for this kind of declaration: ${node.getText().slice(0, 80)}`);
}

/** What a caller sees of a declaration: no bodies, no private members. */
export function declarationText(node: Node): string {
  if (isFunctionDeclaration(node)) return `${withoutBody(node)};`;
  if (isClassDeclaration(node)) return classText(node);
  if (isVariableDeclaration(node)) return constantText(node);
  return withoutExport(node.getText());
}

/** The doc comment as plain Markdown, without its frame; "" when there is none. */
export function docText(node: Node): string {
  const owner = isVariableDeclaration(node) ? node.parent.parent : node;
  const comment = owner.jsDoc?.at(-1)?.getText() ?? "";
  return comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

interface WithBody extends Node {
  readonly body?: Node | undefined;
}

function withoutBody(node: WithBody): string {
  const text = node.getText();
  const end = node.body === undefined ? text.length : node.body.getStart() - node.getStart();
  return withoutExport(text.slice(0, end).trimEnd()).replace(/;$/, "");
}

function withoutExport(text: string): string {
  return text.replace(/^export (default )?/, "");
}

interface Member extends WithBody {
  readonly name?: Node | undefined;
  readonly type?: Node | undefined;
  readonly initializer?: Node | undefined;
  readonly modifiers?: readonly ModifierLike[] | undefined;
}

function classText(node: Node & { readonly members: readonly Member[] }): string {
  const [first] = node.members;
  const text = node.getText();
  const head = first === undefined ? text : text.slice(0, first.getFullStart() - node.getStart());
  const members = node.members.filter(isPublic).map((member) => {
    const comment = member.jsDoc?.at(-1)?.getText();
    return `${comment === undefined ? "" : `  ${comment}\n`}  ${memberText(member)};`;
  });
  return withoutExport([head.trimEnd(), ...members, "}"].join("\n"));
}

function isPublic({ name, modifiers = [] }: Member): boolean {
  if (name !== undefined && isPrivateIdentifier(name)) return false;
  return !modifiers.some(
    ({ kind }) => kind === SyntaxKind.PrivateKeyword || kind === SyntaxKind.ProtectedKeyword,
  );
}

function memberText(member: Member): string {
  const { initializer, type } = member;
  if (initializer === undefined || type === undefined) return withoutBody(member);
  return member.getText().slice(0, type.getEnd() - member.getStart());
}

function constantText(node: Member): string {
  const text = node.type === undefined ? node.getText() : `${node.name?.getText()}: ${node.type.getText()}`;
  return `const ${text};`;
}
