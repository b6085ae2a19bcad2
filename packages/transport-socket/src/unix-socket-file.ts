import { chmod, chown, lstat, mkdtemp, rename, rm, unlink } from "node:fs/promises";
import { createConnection } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Accepting } from "./listener.ts";

/** sockaddr_un's room less the closing NUL: 108 bytes on Linux, 104 on macOS and the BSDs. */
const MAX_PATH = process.platform === "linux" ? 107 : 103;

/** Who may connect. */
export interface SocketAccess {
  readonly mode: number;
  /** Undefined keeps the server's own group. */
  readonly group: number | undefined;
}

/**
 * Listens at `path`: `listen` makes the socket, in a folder that nobody else may enter. It gets its mode and group
 * there and then appears at its place, so that at no moment more people may connect than are meant to; one that nobody
 * listens on any more is replaced. Throws a plain Error that says why not. Closing the result also removes the socket if
 * it is still this one.
 */
export async function listenAt(
  path: string,
  access: SocketAccess,
  listen: (path: string) => Promise<Accepting>,
): Promise<Accepting> {
  const length = Buffer.byteLength(path);
  if (length > MAX_PATH) throw new Error(`the path has ${length} bytes, a socket's has at most ${MAX_PATH}`);
  await mustBeFree(path);
  const folder = await mkdtemp(`${dirname(path)}/.`);
  let accepting: Accepting | undefined;
  try {
    const made = join(folder, "s");
    if (Buffer.byteLength(made) > MAX_PATH)
      throw new Error(`the folder of "${basename(path)}" has too long a path`);
    accepting = await listen(made);
    if (access.group !== undefined) await chown(made, process.getuid?.() ?? -1, access.group);
    await chmod(made, access.mode);
    const ours = await lstat(made);
    await rename(made, path);
    const { close } = accepting;
    return {
      async close() {
        await removeIfOurs(path, ours);
        await close();
      },
    };
  } catch (error) {
    await accepting?.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function mustBeFree(path: string): Promise<void> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error(`"${path}" is there and no socket`);
  if (await isLive(path)) throw new Error(`another server listens on "${path}"`);
}

/** False only when it is certain that nobody listens. */
async function isLive(path: string): Promise<boolean> {
  const socket = createConnection({ path });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
      });
    });
  } finally {
    socket.destroy();
  }
}

async function removeIfOurs(
  path: string,
  ours: { readonly dev: number; readonly ino: number },
): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.dev === ours.dev && there.ino === ours.ino) await unlink(path);
}
