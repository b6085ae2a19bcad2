import { decodeName, encodeName } from "@ninefold/core/contracts";

/**
 * What is left of a rename onto another file that a crash cut in two: a file with a staged name in the metadata folder
 * of the directory that the rename goes to.
 */
export interface RenameNote {
  /** The name that is replaced. */
  readonly target: string;
  /** The inode number of what is renamed: if the target has it, the rename has happened. */
  readonly inode: bigint;
  /** The staged name under which the replaced one's metadata are kept meanwhile; "" when it had none. */
  readonly kept: string;
}

const HEAD = "ninefold rename\n";

/** The note's bytes; the target is the last, since a name may hold ends of lines. */
export function encodeRenameNote({ target, inode, kept }: RenameNote): Uint8Array {
  const head = new TextEncoder().encode(`${HEAD}inode=${inode}\nkept=${kept}\ntarget=`);
  const name = encodeName(target);
  const bytes = new Uint8Array(head.length + name.length);
  bytes.set(head);
  bytes.set(name, head.length);
  return bytes;
}

/** Undefined when it is no such note. */
export function decodeRenameNote(bytes: Uint8Array): RenameNote | undefined {
  const text = decodeName(bytes, 0, bytes.length);
  const [, inode, kept, target] =
    /^ninefold rename\ninode=(\d{1,20})\nkept=([.\w-]{0,64})\ntarget=([^/\0]+)$/s.exec(text) ?? [];
  if (inode === undefined || kept === undefined || target === undefined) return undefined;
  return { target, inode: BigInt(inode), kept };
}
