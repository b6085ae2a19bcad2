import { namesIn } from "@ninefold/core/bases";
import {
  Attributes,
  type FsNode,
  IoVec,
  OPEN,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "@ninefold/core/contracts";
import { type Model, objectOfId, openTree, PERMISSIONS } from "./objects.ts";

export interface Verdict {
  readonly objects: number;
  readonly faults: readonly string[];
}

/**
 * Reads a whole tree after a crash. Each object must be readable and each of its fields have a value that was set; with
 * `isMended` each must have been set for this very object, and owner and group together.
 */
export async function verify(path: string, model: Model, isMended: boolean): Promise<Verdict> {
  const tree = await openTree(path, model);
  const faults: string[] = [];
  let objects = 0;

  const visit = async (directory: FsNode, at: string): Promise<void> => {
    for (const name of await namesIn(directory)) {
      const where = `${at}/${name}`;
      objects++;
      try {
        const node = await directory.lookup(name);
        const attributes = new Attributes();
        await node.stat(attributes);
        const { uid, gid, mode } = attributes;
        const [owner, group] = [objectOfId(uid), objectOfId(gid)];
        if (owner === undefined) faults.push(`${where}: owner ${uid} was never set`);
        if (group === undefined) faults.push(`${where}: group ${gid} was never set`);
        const isFolder = (mode & S_IFMT) === S_IFDIR && at === "";
        const isLink = (mode & S_IFMT) === S_IFLNK && (mode & 0o7777) === 0o777;
        if (!isFolder && !isLink && !PERMISSIONS.includes(withSetId(mode))) {
          faults.push(`${where}: mode ${mode.toString(8)} was never set`);
        }
        const object = await objectOf(node, attributes);
        if (isMended && object !== undefined && (owner !== object || group !== object)) {
          faults.push(`${where}: object ${object} has owner of ${owner} and group of ${group}`);
        }
        if (isMended && uid !== gid) faults.push(`${where}: owner ${uid} and group ${gid} of two changes`);
        if (attributes.isDirectory) await visit(node, where);
        node.release();
      } catch (error) {
        faults.push(`${where}: ${(error as Error).message || String(error)}`);
      }
    }
  };

  const root = await tree.attach("", { name: "verify", uid: -1 });
  await visit(root, "");
  root.release();
  await tree.close();
  return { objects, faults };
}

/** A new owner takes set-id bits away, which is right: such modes count as what they were set to. */
function withSetId(mode: number): number {
  const permissions = mode & 0o7777;
  if (permissions === 0o700) return 0o4700;
  return permissions === 0o770 ? 0o2770 : permissions;
}

/** What the object says itself that it is; undefined of a folder, and of a file that was not written yet. */
async function objectOf(node: FsNode, { mode, rdev }: Attributes): Promise<number | undefined> {
  switch (mode & S_IFMT) {
    case S_IFLNK:
      return Number(await node.readlink());
    case S_IFCHR:
      return rdev;
    case S_IFREG: {
      const file = await node.open(OPEN.READ);
      const room = new Uint8Array(16);
      const count = await file.read(0, IoVec.of(room));
      await file.close();
      return count === 0 ? undefined : Number(new TextDecoder().decode(room.subarray(0, count)));
    }
    default:
      return undefined;
  }
}
