import { chmod, chown, lstat, readFile, unlink } from "node:fs/promises";
import { ConfigError } from "@ninefold/core/contracts";
import { close, listenUnix } from "@ninefold/native";

export interface SocketFileOptions {
  readonly mode: number | undefined;
  readonly group: string | undefined;
}

/** A socket file that somebody can connect to. */
export interface SocketFile {
  readonly fd: number;
  /** Stops listening, and removes the file if it is still the same. */
  close(): Promise<void>;
}

/**
 * Listens on `path`. At no moment may more users connect than in the end. Throws ConfigError for a group that is not
 * there, NativeError when nothing can listen there.
 */
export async function listenOn(path: string, { mode, group }: SocketFileOptions): Promise<SocketFile> {
  const gid = group === undefined ? undefined : await groupId(group);
  const fd = listenUnix(path, { mode: gid === undefined ? (mode ?? 0o600) : 0o600 });
  try {
    if (gid !== undefined) {
      await chown(path, -1, gid);
      await chmod(path, mode ?? 0o660);
    }
    const { dev, ino } = await lstat(path);
    return {
      fd,
      async close() {
        close(fd);
        const now = await lstat(path).catch(() => undefined);
        if (now?.dev === dev && now.ino === ino) await unlink(path);
      },
    };
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function groupId(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const lines = (await readFile("/etc/group", "utf8")).split("\n").map((line) => line.split(":"));
  const id = lines.find(([name]) => name === group)?.[2];
  if (id !== undefined) return Number(id);
  throw new ConfigError({
    code: "ERR_CONFIG_REFERENCE",
    path: "",
    problem: `there is no group "${group}" in /etc/group`,
    option: "socket-group",
    value: group,
    hint: "give its number if it is kept elsewhere",
  });
}
