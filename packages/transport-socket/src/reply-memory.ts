/** A piece of memory that replies are made in. It is free again once nothing of it is being written or filled. */
export class ReplyMemory {
  readonly bytes: Buffer;
  /** End of what is given out. */
  end = 0;
  /** Writes that are under way, and replies that are awaited. */
  users = 0;
  /** What a write's callback calls, one function for all of them. */
  readonly written: () => void;

  constructor(size: number, freed: (memory: ReplyMemory) => void) {
    this.bytes = Buffer.alloc(size);
    this.written = () => {
      this.users--;
      if (this.users === 0) freed(this);
    };
  }
}
