import { S_IFMT, S_IFREG } from "@ninefold/core/contracts";
import { AT_EMPTY_PATH, asyncFiles, STATX_MODE, STATX_TYPE, StatxBuffer } from "@ninefold/native";
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
export async function dropSetId(node: LocalNode, fd: number): Promise<void> {
  if (!node.maySetId || node.tree.uid !== 0) return;
  const stat = new StatxBuffer();
  const status = await asyncFiles.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE, stat);
  const { mode } = stat;
  stat.close();
  const bits = setIdOf(mode);
  // Whoever may not change the mode may not keep the bits either: the kernel clears them with the write.
  if (status >= 0 && bits !== 0) await asyncFiles.fchmod(fd, mode & 0o7777 & ~bits);
  node.maySetId = false;
}
