import type { CallPace, Outcome, Status } from "@ninefold/core/contracts";
import {
  type AsyncFiles,
  asyncFiles,
  ftruncate,
  getdents64,
  linkat,
  linkDescriptor,
  mkdirat,
  openat,
  openat2,
  preadBytes,
  pwriteBytes,
  renameat2,
  statx,
  unlinkat,
} from "@ninefold/native";

const CALLS = {
  ftruncate,
  getdents64,
  linkat,
  linkDescriptor,
  mkdirat,
  openat,
  openat2,
  preadBytes,
  pwriteBytes,
  renameat2,
  statx,
  unlinkat,
} as const;

/** The host's call of this name: at once while such calls are quick, else on the thread pool. */
export function hostCall<Name extends keyof typeof CALLS>(
  pace: CallPace,
  name: Name,
  ...args: Parameters<AsyncFiles[Name]>
): Outcome {
  const now = CALLS[name] as (...args: Parameters<AsyncFiles[Name]>) => Status;
  const later = asyncFiles[name] as (...args: Parameters<AsyncFiles[Name]>) => Promise<Status>;
  return pace.run(
    () => now(...args),
    () => later(...args),
  );
}
