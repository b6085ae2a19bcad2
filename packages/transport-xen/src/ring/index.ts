export { FIELD, halfLength, MAX_ORDER, maxMessageSizeOf, PAGE_SIZE } from "./layout.ts";
export { Ring, type RingMemory, type RingOptions } from "./ring.ts";
export { distance, RingIndices } from "./ring-indices.ts";
export type { AllocateRoom, Room } from "./ring-request.ts";
