/**
 * Layout of a split virtqueue in guest memory, all little-endian (VIRTIO 1.2 §2.7).
 *
 *   descriptor  addr u64, len u32, flags u16, next u16                                   16 bytes, §2.7.5
 *   avail ring  flags u16, idx u16, ring u16[size], used_event u16                       driver writes, §2.7.6
 *   used ring   flags u16, idx u16, ring {id u32, len u32}[size], avail_event u16        device writes, §2.7.8
 */

export const DESCRIPTOR_BYTES = 16;

/** Descriptor flags (§2.7.5). */
export const DESC_F_NEXT = 1;
export const DESC_F_WRITE = 2;
export const DESC_F_INDIRECT = 4;

/** Bit of avail.flags: the driver wants no interrupt (§2.7.6). */
export const AVAIL_F_NO_INTERRUPT = 1;
/** Bit of used.flags: the device wants no kick (§2.7.8). */
export const USED_F_NO_NOTIFY = 1;

/** Largest split ring (§2.7). */
export const MAX_QUEUE_SIZE = 32768;

/**
 * Most descriptors, and most pieces of memory, in one chain. Linux's 9P client sends up to 128, whatever the ring's
 * size; a system call takes no more than 1024 (IOV_MAX).
 */
export const MAX_CHAIN_LENGTH = 1024;

/** Most bytes in one chain (§2.7.4.1). */
export const MAX_CHAIN_BYTES = 0xffff_ffff;

export function descriptorTableBytes(size: number): number {
  return DESCRIPTOR_BYTES * size;
}

export function availRingBytes(size: number): number {
  return 6 + 2 * size;
}

export function usedRingBytes(size: number): number {
  return 6 + 8 * size;
}

/** A split ring's size is a power of two from 1 to 32768 (§2.7). */
export function isQueueSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= MAX_QUEUE_SIZE && (size & (size - 1)) === 0;
}

/** Whether an index step from `old` to `now` passes `event`, all of them modulo 2^16 (§2.7.7.1 and §2.7.10.1). */
export function passesEvent(event: number, now: number, old: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
}
