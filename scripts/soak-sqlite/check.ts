import { DatabaseSync } from "node:sqlite";
import { type FsNode, IoVec, OPEN } from "@ninefold/core/contracts";
import { sqliteTree } from "@ninefold/fs-sqlite";
import { contentOf, LOGS, nameAfter } from "./steps.ts";

/** What is wrong with the file after a kill, when `done` steps had been acknowledged; nothing if all is well. */
export async function faultsAfter(path: string, done: number): Promise<string[]> {
  const faults = integrity(path);
  const tree = await sqliteTree({ path });
  const root = await tree.attach("", { name: "check", uid: -1 });
  const there = new Map<string, number>();
  for (let number = Math.max(0, done - 100); number < done; number++) {
    const name = nameAfter(number, done);
    // Step `done` may have happened, or begun: what it moves or removes may be at either place.
    const found = await firstOf(root, [name, nameAfter(number, done + 1)]);
    if (name === undefined || found === undefined) {
      if (found !== undefined) faults.push(`file ${number} was removed and is back`);
      if (name !== undefined && nameAfter(number, done + 1) !== undefined)
        faults.push(`file ${number} is lost`);
      continue;
    }
    there.set(name, number);
    if (found !== contentOf(number)) faults.push(`file ${number} has another content`);
  }
  for (let log = 0; log < LOGS; log++) faults.push(...(await logFaults(root, log, done)));
  await tree.close();
  return [...faults, ...orphans(path)];
}

async function logFaults(root: FsNode, log: number, done: number): Promise<string[]> {
  const lines = (await readText(root, `log-${log}`))?.split("\n").slice(0, -1).map(Number) ?? [];
  const seen = new Set(lines);
  const expected = Array.from({ length: done }, (_, i) => i).filter((i) => i % LOGS === log);
  const faults = expected.filter((number) => !seen.has(number)).map((number) => `line ${number} is lost`);
  if (lines.some((line) => !Number.isInteger(line))) faults.push(`log ${log} has half a line`);
  return faults;
}

async function firstOf(root: FsNode, names: readonly (string | undefined)[]): Promise<string | undefined> {
  for (const name of names) {
    const text = name === undefined ? undefined : await readText(root, name);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function readText(root: FsNode, name: string): Promise<string | undefined> {
  const node = await root.lookup(name).catch(() => undefined);
  if (node === undefined) return undefined;
  const file = await node.open(OPEN.READ);
  const room = new Uint8Array(1 << 20);
  const count = await file.read(0, IoVec.of(room));
  await file.close();
  node.release();
  return new TextDecoder().decode(room.subarray(0, count));
}

function integrity(path: string): string[] {
  const database = new DatabaseSync(path);
  const rows = database.prepare("PRAGMA integrity_check").all();
  database.close();
  return rows.map(({ integrity_check }) => String(integrity_check)).filter((line) => line !== "ok");
}

/** What no name leads to: nothing, once the tree has been opened. */
function orphans(path: string): string[] {
  const database = new DatabaseSync(path);
  const count = (sql: string): number =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${sql}`).get()?.n);
  const faults = [
    ["inodes without a name", "inode WHERE nlink = 0"],
    ["inodes that no entry names", "inode WHERE id > 1 AND id NOT IN (SELECT child FROM entry)"],
    ["entries without an inode", "entry WHERE child NOT IN (SELECT id FROM inode)"],
    ["chunks without an inode", "chunk WHERE inode NOT IN (SELECT id FROM inode)"],
  ].flatMap(([what, sql]) => (count(sql ?? "") === 0 ? [] : [`${count(sql ?? "")} ${what}`]));
  database.close();
  return faults;
}
