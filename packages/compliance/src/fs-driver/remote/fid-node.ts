import type { Client } from "@ninefold/client";
import { FsError, type FsNode, type NodeKey } from "@ninefold/core/contracts";
import type { Qid } from "@ninefold/engine/codec";

/** A fid of an object that is not open: what both dialects have in common. */
export abstract class FidNode {
  readonly name: string;
  protected readonly client: Client;
  protected readonly fid: number;
  protected readonly qid: Qid;
  readonly #directory: this;
  #references = 1;

  /** Without a directory it is the root. */
  constructor(client: Client, fid: number, qid: Qid, directory: FidNode | undefined, name: string) {
    this.client = client;
    this.fid = fid;
    this.qid = qid;
    // A directory is of the same dialect.
    this.#directory = (directory as this | undefined) ?? this;
    this.name = name;
    directory?.retain();
  }

  /** Throws FsError EXDEV for a node of another tree. */
  static fidOf(node: FsNode): number {
    if (node instanceof FidNode) return node.fid;
    throw new FsError("EXDEV");
  }

  key(): NodeKey {
    const id = new Uint8Array(8);
    new DataView(id.buffer).setBigUint64(0, this.qid.path);
    const path: string[] = [];
    for (let at: this = this; at.#directory !== at; at = at.#directory) path.unshift(at.name);
    return { id, path };
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    this.#references--;
    if (this.#references > 0) return;
    void this.clunk(this.fid);
    this.released();
    if (this.#directory !== this) this.#directory.release();
  }

  parent(): this {
    this.#directory.retain();
    return this.#directory;
  }

  /** The last reference is gone: further fids end here. */
  protected released(): void {}

  /** A new fid of what stands under these names; the qid is that of the last. */
  protected async walk(wname: readonly string[]): Promise<{ fid: number; qid: Qid }> {
    const fid = this.client.takeFid();
    try {
      const { wqid } = await this.client.rpc("Twalk", { fid: this.fid, newfid: fid, wname });
      const qid = wname.length === 0 ? this.qid : wqid[wname.length - 1];
      if (qid === undefined) throw new FsError("ENOENT", wname.join("/"));
      return { fid, qid };
    } catch (error) {
      this.client.giveFid(fid);
      throw error;
    }
  }

  /** What `work` says; when it fails, the fid is clunked. */
  protected async orClunk<Result>(fid: number, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      await this.clunk(fid);
      throw error;
    }
  }

  /** The end of a fid that nobody waits for; when the connection has ended, so has the fid. */
  protected async clunk(fid: number): Promise<void> {
    await this.client.clunk(fid).catch(() => {});
  }
}
