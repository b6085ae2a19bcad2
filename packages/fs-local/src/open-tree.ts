import { resolve } from "node:path";
import { ConfigError, type DriverEnvironment, type FsTree } from "@ninefold/core/contracts";
import {
  AT_FDCWD,
  assertSupported,
  close,
  Errno,
  errnoName,
  getOpenFileLimit,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openat,
  openat2,
  RESOLVE_BENEATH,
  reopen,
  setOpenFileLimit,
} from "@ninefold/native";
import { LocalTree } from "./local-tree.ts";
import type { LocalFsOptions } from "./options.ts";
import { chooseModel } from "./security/choose-model.ts";

/** Kept free for the process's other needs: its own files, sockets, memory. */
const MOST_RESERVED = 1024;
/** Each descriptor keeps about a kilobyte of the kernel's memory busy. */
const MOST_BY_DEFAULT = 65_536;

/**
 * Serves a host folder. The path may be, or lead through, symbolic links: they are resolved now and never again. The
 * process's soft limit of open files is raised to the hard one. Throws ConfigError.
 */
export async function openTree(options: LocalFsOptions, env: DriverEnvironment): Promise<FsTree> {
  assertSupported();
  const { fmode, dmode, native_symlinks } = options;
  const policy = chooseModel(
    options.security_model,
    {
      ...(fmode !== undefined && { fmode }),
      ...(dmode !== undefined && { dmode }),
      ...(native_symlinks !== undefined && { native_symlinks }),
    },
    env,
  );
  const path = resolve(env.baseDirectory, options.path);
  const fd = openFolder(path, env.fsdev);
  const tree = new LocalTree({
    policy,
    readOnly: options.readonly,
    multidevs: options.multidevs,
    writesOut: options.writeout === "immediate",
    servesSubfolders: options.aname === "subfolder",
    descriptors: descriptorBudget(options, env.fsdev),
    log: env.log,
  });
  await tree.serve(fd);
  if (options.security_model === "passthrough" && tree.uid !== 0) {
    env.log.warn("passthrough without root: what guests make can belong to the server's user only", {
      uid: tree.uid,
    });
  }
  return tree;
}

/** The folder as O_PATH. What it takes to serve it is tried now: a mistake of the operator is better told at the start. */
function openFolder(path: string, fsdev: string): number {
  const fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY);
  const readable = fd < 0 ? fd : openat2(fd, ".", O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH);
  if (readable < 0) refuse(fd, path, fsdev, explain(readable));
  close(readable);
  const again = reopen(fd, O_RDONLY | O_DIRECTORY);
  if (again < 0) refuse(fd, path, fsdev, ["cannot be opened through /proc/self/fd", "mount /proc"]);
  close(again);
  return fd;
}

function refuse(fd: number, path: string, fsdev: string, [problem, hint]: Explanation): never {
  if (fd >= 0) close(fd);
  throw new ConfigError({
    code: "ERR_FSDEV_OPEN",
    path: `fsdev ${fsdev}`,
    option: "path",
    value: path,
    problem: `"${path}" ${problem}`,
    hint,
  });
}

type Explanation = readonly [problem: string, hint: string];

function explain(status: number): Explanation {
  switch (status) {
    case -Errno.ENOENT:
      return ["does not exist", "make the folder, or correct path"];
    case -Errno.ENOTDIR:
      return ["is no folder", "give the folder that it is in"];
    case -Errno.EACCES:
    case -Errno.EPERM:
      return [
        "may not be read by the server's user",
        "give it the right to read and enter the folder, or run as root",
      ];
    case -Errno.ENOSYS:
      return [
        "cannot be served without openat2(2)",
        "use Linux 5.12 or newer, and allow the call in a container's filter",
      ];
    default:
      return [`cannot be opened (${errnoName(status)})`, "see errno(3)"];
  }
}

function descriptorBudget(options: LocalFsOptions, fsdev: string): number {
  const { soft, hard } = getOpenFileLimit();
  const limit = soft < hard && setOpenFileLimit(hard) >= 0 ? hard : soft;
  const available = limit - Math.min(MOST_RESERVED, Math.ceil(limit / 4));
  const { descriptors } = options;
  if (descriptors === undefined) return Math.min(available, MOST_BY_DEFAULT);
  if (descriptors <= available) return descriptors;
  throw new ConfigError({
    code: "ERR_CONFIG_VALUE",
    path: `fsdev ${fsdev}`,
    option: "descriptors",
    value: descriptors,
    problem: `descriptors=${descriptors} is more than the process may use (${available} of its limit of ${limit})`,
    hint: "raise the limit of open files (ulimit -n, LimitNOFILE=), or give less",
  });
}
