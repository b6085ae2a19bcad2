import { setImmediate as nextTurn } from "node:timers/promises";
import { isStagedName } from "@ninefold/core/contracts";
import { AT_FDCWD, AT_REMOVEDIR, close, O_DIRECTORY, O_RDONLY, openat, unlinkat } from "@ninefold/native";
import { METADATA_DIRECTORY, ROOT_METADATA_FILE } from "../formats/index.ts";
import { checkMetadataFolder, type Report } from "./check-metadata-folder.ts";
import { checkOwner } from "./check-owner.ts";
import type { Finding } from "./finding.ts";
import { entryAt, listNames, must, openFolderAt } from "./folder.ts";

export interface CheckOptions {
  /** Mend what can be mended; otherwise nothing is changed. */
  readonly mend: boolean;
  /** Told of each finding when it is found, and mended. */
  readonly onFinding?: (finding: Finding) => void;
  /** Told now and then how many objects have been looked at. */
  readonly onProgress?: (objects: number) => void;
  /** Ends the check early: it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface CheckResult {
  /** How many objects there are. */
  readonly objects: number;
  readonly findings: readonly Finding[];
}

const OBJECTS_A_TURN = 500;

/**
 * Looks through a folder that is kept by mapped-xattr or mapped-file for what a crash has left, and mends it. Nobody may
 * serve the folder meanwhile: what is being made looks like what a crash has left. Links are not followed, other
 * file systems below are looked through. Throws when a folder cannot be read.
 */
export async function checkTree(folder: string, options: CheckOptions): Promise<CheckResult> {
  const findings: Finding[] = [];
  let objects = 0;

  const reportIn =
    (path: string): Report =>
    (kind, name, detail, mend) => {
      const isMended = options.mend && mend?.() === true;
      const finding = { kind, path: name === "." ? path : join(path, name), detail, isMended };
      findings.push(finding);
      options.onFinding?.(finding);
    };

  const visit = async (fd: number, path: string): Promise<void> => {
    const report = reportIn(path);
    const names = listNames(fd, path);
    if (names.includes(METADATA_DIRECTORY)) {
      checkMetadataFolder(fd, path, new Set(names), report);
    }
    for (const name of names) {
      if (name === METADATA_DIRECTORY || (path === "" && name === ROOT_METADATA_FILE)) continue;
      const entry = entryAt(fd, name);
      if (entry === undefined) continue;
      if (isStagedName(name)) {
        report(
          "staged-object",
          name,
          "an object that never got its name",
          () => unlinkat(fd, name, entry.isDirectory ? AT_REMOVEDIR : 0) >= 0,
        );
        continue;
      }
      if (++objects % OBJECTS_A_TURN === 0) await pause(objects, options);
      if (entry.isFile) checkOwner(fd, name, report);
      if (!entry.isDirectory) continue;
      const inner = must(openFolderAt(fd, name), join(path, name));
      try {
        checkOwner(inner, ".", reportIn(join(path, name)));
        await visit(inner, join(path, name));
      } finally {
        close(inner);
      }
    }
  };

  const root = must(openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY), folder);
  try {
    checkOwner(root, ".", reportIn(""));
    await visit(root, "");
  } finally {
    close(root);
  }
  options.onProgress?.(objects);
  return { objects, findings };
}

async function pause(objects: number, { onProgress, signal }: CheckOptions): Promise<void> {
  onProgress?.(objects);
  await nextTurn();
  signal?.throwIfAborted();
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
