import type { DeviceNode, UsageLine } from "@ninefold/core";

/** What to paste for one device, for people. */
export function describeUsage(
  { path, fsdev, mountTag }: Pick<DeviceNode, "path" | "fsdev" | "mountTag">,
  lines: readonly UsageLine[],
): string {
  const parts = lines.map(({ title, text }) => `  ${title}:\n${text.replaceAll(/^/gm, "    ")}\n`);
  return `${path} serves fsdev ${fsdev} as "${mountTag}"\n${parts.join("")}\n`;
}
