import { ConfigError } from "@ninefold/core/contracts";

/** The most that Linux's driver takes. */
export const MAX_TAG_BYTES = 255;

/**
 * The device configuration of a virtio-9p device: tag_len u16, tag without a NUL (VIRTIO 1.2 has no 9P section; the
 * layout is Linux's `struct virtio_9p_config`). Throws ConfigError for a tag that no guest could mount.
 */
export function configSpace(mountTag: string): Uint8Array {
  const tag = new TextEncoder().encode(mountTag);
  if (tag.length < 1 || tag.length > MAX_TAG_BYTES || tag.includes(0)) {
    throw new ConfigError({
      code: "ERR_CONFIG_VALUE",
      path: "",
      problem: `a mount tag has 1 to ${MAX_TAG_BYTES} bytes and no NUL, and this one has ${tag.length}`,
      option: "mount_tag",
      value: mountTag,
    });
  }
  const bytes = new Uint8Array(2 + tag.length);
  bytes[0] = tag.length;
  bytes.set(tag, 2);
  return bytes;
}
