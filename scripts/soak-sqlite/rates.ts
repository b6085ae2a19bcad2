import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@ninefold/core";
import { type FsNode, type FsTree, IoVec, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { sqliteTree } from "@ninefold/fs-sqlite";

const made = { mode: 0o644, uid: -1, gid: -1 };
const block = IoVec.of(new Uint8Array(4096).fill(7));

/** Operations a second, of both drivers, in the same folder of the same disk, in turn. */
export async function ratesIn(folder: string): Promise<string[]> {
  mkdirSync(join(folder, "local"));
  const env = { fsdev: "rates", log: silentLogger, baseDirectory: folder };
  const local = await localFs.open(
    { path: "local", security_model: "none", readonly: false, multidevs: "remap" },
    env,
  );
  const sqlite = await sqliteTree({ path: join(folder, "rates.db") });
  const lines = [`| operation | sqlite/s | local/s | ratio |`, `| --- | --- | --- | --- |`];
  for (const [what, work] of Object.entries(WORK)) {
    const rates = { sqlite: [] as number[], local: [] as number[] };
    for (let round = 0; round < 3; round++) {
      rates.sqlite.push(await rate(sqlite, `${what}-${round}`, work));
      rates.local.push(await rate(local, `${what}-${round}`, work));
    }
    const [ours, host] = [median(rates.sqlite), median(rates.local)];
    lines.push(`| ${what} | ${Math.round(ours)} | ${Math.round(host)} | ${(ours / host).toFixed(2)} |`);
  }
  await local.close();
  await sqlite.close();
  return lines;
}

type Work = (folder: FsNode, count: number) => Promise<void>;

const WORK: Readonly<Record<string, Work>> = {
  "create, write 4 KiB, close": async (folder, count) => {
    for (let i = 0; i < count; i++) {
      const { node, file } = await folder.create(`${i}`, OPEN.WRITE, made);
      await file.write(0, block);
      await file.close();
      node.release();
    }
  },
  "write 4 KiB": (folder, count) =>
    onFile(folder, async (file) => {
      for (let i = 0; i < count; i++) await file.write((i % 256) * 4096, block);
    }),
  "write 4 KiB and sync": (folder, count) =>
    onFile(folder, async (file) => {
      for (let i = 0; i < count; i++) {
        await file.write((i % 256) * 4096, block);
        await file.fsync(true);
      }
    }),
  "read 4 KiB": (folder, count) =>
    onFile(folder, async (file) => {
      await file.write(0, IoVec.of(new Uint8Array(1 << 20).fill(3)));
      const room = IoVec.of(new Uint8Array(4096));
      for (let i = 0; i < count; i++) await file.read((i % 256) * 4096, room);
    }),
};

async function onFile(
  folder: FsNode,
  work: (file: Awaited<ReturnType<FsNode["open"]>>) => Promise<void>,
): Promise<void> {
  const { node, file } = await folder.create("file", OPEN.READ_WRITE, made);
  await work(file);
  await file.close();
  node.release();
}

async function rate(tree: FsTree, name: string, work: Work): Promise<number> {
  const root = await tree.attach("", { name: "rates", uid: -1 });
  const folder = await root.mkdir(name.replaceAll(/[ ,]/g, "-"), { ...made, mode: 0o755 });
  const count = 300;
  const began = performance.now();
  await work(folder, count);
  const seconds = (performance.now() - began) / 1000;
  folder.release();
  root.release();
  return count / seconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
