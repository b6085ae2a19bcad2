import { parseOptionString } from "@ninefold/core";

/** Options that say how offers of a Xen toolstack are answered. */
export const XEN_OPTIONS = {
  "xen-attach": { type: "boolean" },
  "xen-domid": { type: "string" },
  attach: { type: "string", multiple: true },
  allow: { type: "string", multiple: true },
  xen: { type: "string", multiple: true },
  xenstore: { type: "string" },
} as const;

interface XenValues {
  readonly "xen-attach"?: boolean | undefined;
  readonly "xen-domid"?: string | undefined;
  readonly attach?: readonly string[] | undefined;
  readonly allow?: readonly string[] | undefined;
  readonly xen?: readonly string[] | undefined;
  readonly xenstore?: string | undefined;
}

/** The entry `xen` that they stand for; undefined when none is given. */
export function xenOf(values: XenValues): Readonly<Record<string, unknown>> | undefined {
  const { attach, allow, xen = [], xenstore, "xen-domid": domid } = values;
  const given = {
    ...Object.assign({}, ...xen.map((text) => parseOptionString(text))),
    ...(attach && { attach: attach.map((text) => parseOptionString(text, { impliedKey: "strategy" })) }),
    ...(allow && { allow }),
    ...(domid !== undefined && { domid }),
    ...(xenstore !== undefined && { store: xenstore }),
  };
  return values["xen-attach"] || Object.keys(given).length > 0 ? given : undefined;
}
