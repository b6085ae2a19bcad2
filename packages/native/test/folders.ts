import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AT_FDCWD, close, O_DIRECTORY, openat } from "@ninefold/native";
import { afterAll } from "vitest";

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where to test: the disk's file system and, where there is one, tmpfs. */
export const places: string[] = [tmpdir(), "/dev/shm"].filter(isWritable);

export interface Folder {
  readonly path: string;
  readonly fd: number;
}

/** A fresh folder, open, that is gone after the file's tests; made in a test, say `onTestFinished` for `after`. */
export function makeFolder(place: string = tmpdir(), after: (clean: () => void) => void = afterAll): Folder {
  const path = mkdtempSync(join(place, "native-"));
  const fd = openat(AT_FDCWD, path, O_DIRECTORY);
  after(() => {
    close(fd);
    // Node's rmSync cannot remove names that are not UTF-8.
    execFileSync("rm", ["-rf", path]);
  });
  return { path, fd };
}

export function countDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
