import { ATTACH_STRATEGY, type AttachStrategy, definePlugin, type Plugin } from "@ninefold/core/contracts";
import { z } from "zod";

const answerSchema = z.object({ fsdev: z.string() });

/** A third party's strategy: an HTTP inventory knows which fsdev a guest's tag means. */
export const inventory: AttachStrategy<{ readonly inventory?: string | undefined }> = {
  name: "inventory",
  description: "asks GET INVENTORY/GUEST/TAG for {fsdev}",
  schema: z.strictObject({ inventory: z.url({ protocol: /^https?$/ }).optional() }),
  async match({ domid, domainName, tag }, machine, { inventory: base }) {
    const refuse = (code: "no-match" | "incomplete-offer" | "failed", reason: string) =>
      ({ kind: "refuse", code, reason }) as const;
    if (base === undefined) return refuse("failed", "set xen.inventory to the inventory's address");
    if (!tag) return refuse("incomplete-offer", "the offer has no tag");
    const guest = domainName ?? String(domid);
    const url = new URL(`${encodeURIComponent(guest)}/${encodeURIComponent(tag)}`, base);
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (response === undefined) return refuse("failed", `the inventory does not answer at ${base}`);
    if (response.status === 404)
      return refuse("no-match", `the inventory knows no tag "${tag}" of guest "${guest}"`);
    const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) return refuse("failed", `the inventory's answer for ${url} is not {fsdev}`);
    const { fsdev } = answer.data;
    if (machine.findFsdev(fsdev) === undefined) {
      return refuse("no-match", `the inventory names fsdev "${fsdev}", which is not configured`);
    }
    return { kind: "attach", fsdev, mountTag: tag, reason: `the inventory says so of guest "${guest}"` };
  },
};

const plugin: Plugin = definePlugin({
  name: "inventory-9p-attach",
  apiVersion: 1,
  contributes: { "attach-strategy": ["inventory"] },
  register: (registry) => registry.register(ATTACH_STRATEGY, inventory),
});
export default plugin;
