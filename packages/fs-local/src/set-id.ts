import { Attributes, S_IFMT, S_IFREG } from "@ninefold/core/contracts";
import { changeMetadata } from "./changes/change-metadata.ts";
import type { LocalNode } from "./local-node.ts";

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;

/** The set-id bits of `mode` that a change of content must clear, as Linux does: not set-group-ID without execution. */
function setIdOf(mode: number): number {
  if ((mode & S_IFMT) !== S_IFREG) return 0;
  return (mode & S_ISUID) | ((mode & S_IXGRP) !== 0 ? mode & S_ISGID : 0);
}

export function hasSetId(mode: number): boolean {
  return setIdOf(mode) !== 0;
}

/**
 * Clears set-id bits before the content changes (CVE-2023-1386). The host's kernel does it for all but root, which the
 * server mostly is; who of the guest writes is not known here. So they are cleared for everybody, as NFS servers do:
 * programs that install such files set the mode last.
 */
export async function dropSetId(node: LocalNode): Promise<void> {
  const { uid, policy } = node.tree;
  // Bits that only the security model knows no kernel clears.
  if (!node.maySetId || (uid !== 0 && policy.shown === undefined)) return;
  const attributes = new Attributes();
  await node.stat(attributes);
  const bits = setIdOf(attributes.mode);
  // Whoever may not change the mode may not keep the bits either: the kernel clears them with the write.
  if (bits !== 0) await changeMetadata(node, () => policy.setMode(node, attributes.mode & 0o7777 & ~bits));
  node.maySetId = false;
}
