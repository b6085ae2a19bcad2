import { AGAIN, type DirectorySink, type FsFile, type IoVec, type Status } from "@ninefold/core/contracts";
import { asyncFiles, close } from "@ninefold/native";
import { closesQuickly } from "./host/close-descriptor.ts";
import { check } from "./host/status.ts";
import type { LocalNode } from "./local-node.ts";

/** What open files and open directories have in common: a descriptor, and the node that it keeps alive. */
export abstract class OpenFile implements FsFile {
  readonly node: LocalNode;
  readonly fd: number;
  /** Neighbours among the open files of the node. */
  next: OpenFile | undefined;
  before: OpenFile | undefined;

  /** Takes a descriptor that is counted already. */
  constructor(node: LocalNode, fd: number) {
    this.node = node;
    this.fd = fd;
    node.retain();
    this.next = node.files;
    if (this.next !== undefined) this.next.before = this;
    node.files = this;
  }

  abstract read(offset: number, into: IoVec): Promise<number>;
  abstract tryRead(offset: number, into: IoVec): Status;
  abstract write(offset: number, from: IoVec): Promise<number>;
  abstract tryWrite(offset: number, from: IoVec): Status;
  abstract readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void>;
  abstract tryReaddir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status;

  async fsync(dataOnly: boolean): Promise<void> {
    check(await (dataOnly ? asyncFiles.fdatasync(this.fd) : asyncFiles.fsync(this.fd)), "fsync");
  }

  tryClose(): Status {
    const { fd } = this;
    if (!closesQuickly(this.node, fd)) return AGAIN;
    this.leave();
    return close(fd);
  }

  async close(): Promise<void> {
    const { fd } = this;
    this.leave();
    check(await asyncFiles.close(fd), "close");
  }

  /** Closes it without its user's doing, when the tree ends. */
  abandon(): void {
    this.leave();
    close(this.fd);
  }

  /** Gives up the node. Only closing the descriptor is left to do. */
  protected leave(): void {
    const { node, next, before } = this;
    if (before === undefined) node.files = next;
    else before.next = next;
    if (next !== undefined) next.before = before;
    this.next = this.before = undefined;
    node.tree.descriptors.give();
    node.release();
  }
}
