import { type Exchange, IoVec } from "@ninefold/core/contracts";

/** Memory of this process, for requests that are copied and replies that do not go straight to the ring. */
export interface Room {
  readonly bytes: Uint8Array;
  /** For system calls; 0 when it is not known. */
  readonly address: number;
}

/** Makes a room of at least this many bytes. */
export type AllocateRoom = (length: number) => Room;

/** The ring that a request came by. */
export interface RequestOwner {
  complete(request: RingRequest, length: number): void;
  /** Its answer will take longer, and can be made anywhere. */
  moveAside(request: RingRequest): void;
}

/** A request from the time it was taken out of the ring until its reply is published, and its bytes are given back. */
export class RingRequest implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  /** Index behind its last byte in `out`. */
  end = 0;
  /** All its bytes were copied: the ring's may be given back before it is answered. */
  isCopied = false;
  /** `reply` lies in the ring's `in` half. */
  isDirect = false;
  isAnswered = false;
  /** Its bytes in `out` have not been given back. */
  isHeld = false;
  /** The length of a reply that waits for room in `in`. */
  replyLength = 0;
  readonly #allocate: AllocateRoom;
  readonly #owner: RequestOwner;
  #requestRoom: Room = NO_ROOM;
  #replyRoom: Room = NO_ROOM;

  constructor(allocate: AllocateRoom, owner: RequestOwner) {
    this.#allocate = allocate;
    this.#owner = owner;
  }

  complete(length: number): void {
    this.#owner.complete(this, length);
  }

  defer(): void {
    if (this.isDirect) this.#owner.moveAside(this);
  }

  /** Private room for at least `length` bytes of the request; empty the vector first. */
  requestRoom(length: number): Room {
    if (this.#requestRoom.bytes.length < length) this.#requestRoom = this.#allocate(roomLength(length));
    return this.#requestRoom;
  }

  /** Makes `reply` private room of exactly `length` bytes. */
  replyPrivately(length: number): void {
    if (this.#replyRoom.bytes.length < length) this.#replyRoom = this.#allocate(roomLength(length));
    this.isDirect = false;
    this.reply.clear();
    this.reply.push(this.#replyRoom.bytes, 0, length, this.#replyRoom.address);
  }

  get privateReply(): Uint8Array {
    return this.#replyRoom.bytes;
  }

  /** Bytes of private memory that it has. */
  get footprint(): number {
    return this.#requestRoom.bytes.length + this.#replyRoom.bytes.length;
  }

  /** Ready for another request. Large rooms are not kept: a guest that once had many such in flight would keep them all. */
  reset(): void {
    this.isAnswered = false;
    this.isDirect = false;
    if (this.#requestRoom.bytes.length > KEPT_ROOM) this.#requestRoom = NO_ROOM;
    if (this.#replyRoom.bytes.length > KEPT_ROOM) this.#replyRoom = NO_ROOM;
  }
}

const NO_ROOM: Room = { bytes: new Uint8Array(0), address: 0 };
const KEPT_ROOM = 16384;
const SMALLEST_ROOM = 512;

function roomLength(length: number): number {
  return Math.max(SMALLEST_ROOM, 2 ** Math.ceil(Math.log2(length)));
}
