import { chmod, chown, lstat, mkdtemp, rename, rm, unlink } from "node:fs/promises";
import { createConnection, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { listening } from "./listener.ts";

/** sockaddr_un's room less the closing NUL: 108 bytes on Linux, 104 on macOS and the BSDs. */
const MAX_PATH = process.platform === "linux" ? 107 : 103;

/** Who may connect. */
export interface SocketAccess {
  readonly mode: number;
  /** Undefined keeps the server's own group. */
  readonly group: number | undefined;
}

/**
 * Has `server` listen at `path`. The socket is made in a folder that nobody else may enter, gets its mode and group
 * there and then appears at its place, so that at no moment more people may connect than are meant to; one that nobody
 * listens on any more is replaced. Throws a plain Error that says why not. The result removes the socket if it is still
 * this one.
 */
export async function listenAt(
  path: string,
  server: Server,
  access: SocketAccess,
): Promise<() => Promise<void>> {
  const length = Buffer.byteLength(path);
  if (length > MAX_PATH) throw new Error(`the path has ${length} bytes, a socket's has at most ${MAX_PATH}`);
  await mustBeFree(path);
  const folder = await mkdtemp(`${dirname(path)}/.`);
  try {
    const made = join(folder, "s");
    if (Buffer.byteLength(made) > MAX_PATH)
      throw new Error(`the folder of "${basename(path)}" has too long a path`);
    server.listen({ path: made });
    await listening(server);
    if (access.group !== undefined) await chown(made, process.getuid?.() ?? -1, access.group);
    await chmod(made, access.mode);
    const ours = await lstat(made);
    await rename(made, path);
    return () => removeIfOurs(path, ours);
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
