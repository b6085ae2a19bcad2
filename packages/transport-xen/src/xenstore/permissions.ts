/** What one domain may do to a node. The first of a node's list names its owner, and what all others may. */
export interface Permission {
  readonly domid: number;
  readonly access: Access;
}

export type Access = "none" | "read" | "write" | "both";

const letters = { none: "n", read: "r", write: "w", both: "b" } as const;
const accesses: Readonly<Record<string, Access>> = { n: "none", r: "read", w: "write", b: "both" };

/** Xen's notation, such as `r1`. */
export function formatPermission({ domid, access }: Permission): string {
  return `${letters[access]}${domid}`;
}

/** Reads Xen's notation; throws TypeError for anything else. */
export function parsePermission(text: string): Permission {
  const [, letter = "", domid] = /^([nrwb])(\d{1,5})$/.exec(text) ?? [];
  const access = accesses[letter];
  if (access === undefined)
    throw new TypeError(`a permission is a letter n, r, w or b and a domid, not "${text}"`);
  return { domid: Number(domid), access };
}

/** Several, as xenstore-ls writes them: `n0,r1`. */
export function parsePermissions(text: string): Permission[] {
  return text.split(",").map(parsePermission);
}

export function formatPermissions(permissions: readonly Permission[]): string {
  return permissions.map(formatPermission).join(",");
}
