import type { FsStatistics } from "@ninefold/core/contracts";
import type { Limits } from "./limits.ts";
import type { Usage } from "./usage.ts";

/** What statfs(2) says of a disk as large as the quota, as far as the host's has room. */
export function limitedStatistics(host: FsStatistics, limits: Limits, usage: Usage): FsStatistics {
  const { blockSize } = host;
  const blocks = Math.floor(limits.space / blockSize);
  const free = Math.max(0, Math.floor((limits.space - usage.allSpace) / blockSize));
  const filesFree = Math.max(0, limits.files - usage.allFiles);
  // Hosts that make inodes as they are needed say 0.
  const hasFiles = host.files > 0;
  const limitsFiles = limits.files !== Number.POSITIVE_INFINITY;
  return {
    ...host,
    blocks: Math.min(host.blocks, blocks),
    blocksFree: Math.min(host.blocksFree, free),
    blocksAvailable: Math.min(host.blocksAvailable, free),
    files: limitsFiles ? Math.min(hasFiles ? host.files : limits.files, limits.files) : host.files,
    filesFree: limitsFiles ? Math.min(hasFiles ? host.filesFree : filesFree, filesFree) : host.filesFree,
  };
}
