import { ProtocolError } from "@ninefold/core/contracts";
import { NativeMemory } from "@ninefold/native";
import { GuestMemory, type GuestRegion } from "../virtqueue/guest-memory.ts";
import type { MemoryRegion } from "./control-state.ts";

/** The smallest page there is: where a region begins inside a larger one, it is mapped from that page's begin. */
const PAGE_BYTES = 4096;

/**
 * Maps a memory table. Throws ProtocolError (ERR_VHOST_USER_MEMORY) when a region cannot be mapped whole: a file that
 * is shorter than the region would end this process at the first touch behind its end.
 */
export function mapMemory(table: readonly MemoryRegion[]): GuestMemory {
  const mappings: NativeMemory[] = [];
  const unmap = () => {
    for (const mapping of mappings) mapping.close();
  };
  try {
    return new GuestMemory(
      table.map((region) => mapRegion(region, mappings)),
      unmap,
    );
  } catch (error) {
    unmap();
    throw error;
  }
}

function mapRegion(region: MemoryRegion, mappings: NativeMemory[]): GuestRegion {
  const { guestAddress, userAddress, size, fileOffset, fd } = region;
  const skip = fileOffset % PAGE_BYTES;
  try {
    if (!(size > 0 && Number.isSafeInteger(fileOffset + size)))
      throw new RangeError("it cannot be that large");
    const mapping = NativeMemory.mapShared(fd, skip + size, fileOffset - skip);
    mappings.push(mapping);
    const { bytes, address } = mapping;
    return { guestAddress, userAddress, size, bytes, start: skip, address: address + skip };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProtocolError(
      "ERR_VHOST_USER_MEMORY",
      `${size} bytes of guest memory at 0x${guestAddress.toString(16)} cannot be mapped: ${why}`,
      { cause },
    );
  }
}
