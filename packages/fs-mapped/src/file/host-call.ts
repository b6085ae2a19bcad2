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

type CallName =
  | ("openat" | "openat2" | "mkdirat" | "unlinkat" | "renameat2" | "linkat" | "linkDescriptor" | "statx")
  | ("preadBytes" | "pwriteBytes" | "ftruncate" | "getdents64");

type Call<Name extends CallName> = (...args: Parameters<AsyncFiles[Name]>) => Status;

const CALLS: { readonly [Name in CallName]: Call<Name> } = {
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
};

/** The host's call of this name: at once while such calls are quick, else on the thread pool. */
export function hostCall<Name extends CallName>(
  pace: CallPace,
  name: Name,
  ...args: Parameters<AsyncFiles[Name]>
): Outcome {
  const now = CALLS[name] as Call<Name>;
  const later = asyncFiles[name] as (...args: Parameters<AsyncFiles[Name]>) => Promise<Status>;
  return pace.run(
    () => now(...args),
    () => later(...args),
  );
}
