// npm run bench:mapped [-- --files N] [--rounds N]: what stat and open cost in one guest on equal mapped-xattr trees, of
// which QEMU serves two itself and Ninefold one. In turn, as ratios; the last line counts.
//
// QEMU's own device interrupts by messages; the one that it has for vhost-user has too few of them for Linux, so that it
// uses a line, which costs the guest more. QEMU's second device is on a line, too: what is left beside it is the servers'.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { silentLogger } from "@ninefold/core";
import { OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { mappedXattr } from "@ninefold/fs-mapped";
import { bootGuest } from "@ninefold/labs";
import { startServer } from "../../labs/src/serve.ts";

/** Of QEMU's time, at most. */
const BAR = 0.7;
const MODEL = "mapped-xattr";

const { values } = parseArgs({
  options: { files: { type: "string", default: "300" }, rounds: { type: "string", default: "8" } },
});
const base = mkdtempSync(join(tmpdir(), "ninefold-mapped-"));
let passed = 0;
let failed = 0;
try {
  await measure();
} finally {
  rmSync(base, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function measure(): Promise<void> {
  const [ofQemu, onLine, ofNinefold] = [
    await makeTree("qemu"),
    await makeTree("line"),
    await makeTree("ninefold"),
  ];
  const socket = join(base, "v.sock");
  await using server = await startServer(
    [
      ...["-fsdev", `local,id=fs0,path=${ofNinefold},security_model=${MODEL}`],
      ...["-device", `virtio-9p-pci,fsdev=fs0,mount_tag=ninefold,socket=${socket}`],
    ],
    [socket],
  );
  await using guest = await bootGuest({
    kind: "qemu-pci",
    tools: true,
    shares: [
      { tag: "qemu", mountpoint: "/mnt/qemu", virtfs: { folder: ofQemu, securityModel: MODEL } },
      {
        tag: "line",
        mountpoint: "/mnt/line",
        virtfs: { folder: onLine, securityModel: MODEL, vectors: 0 },
      },
      { tag: "ninefold", mountpoint: "/mnt/ninefold", socket },
    ],
    extraFiles: { "/times.py": readFileSync(fileURLToPath(new URL("times.py", import.meta.url))) },
    script: `python3 /times.py ${values.files} ${values.rounds} /mnt/qemu /mnt/line /mnt/ninefold`,
  });
  const { status, output, console: kernelSays } = await guest.exit;
  await server.stop();
  if (status !== 0) throw new Error(`the guest ended with ${status}:\n${output}\n${kernelSays.slice(-1500)}`);
  const rows = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Round);
  for (const what of ["stat", "open"])
    tell(
      what,
      rows.filter((row) => row.what === what),
    );
}

/** What times.py tells of one round, in microseconds a call, by mount point. */
interface Round {
  readonly what: string;
  readonly micros: Readonly<Record<string, number>>;
  readonly idle: Readonly<Record<string, number>>;
}

function tell(what: string, rounds: readonly Round[]): void {
  const each = (of: "micros" | "idle", server: string): number[] =>
    rounds.map((round) => round[of][`/mnt/${server}`] ?? Number.NaN);
  const ratioTo = (server: string): string => {
    const theirs = each("micros", server);
    return median(each("micros", "ninefold").map((ours, i) => ours / (theirs[i] ?? Number.NaN))).toFixed(2);
  };
  // The guest tells it in hundredths of a second.
  const waited = (server: string): number => mean(each("idle", server));
  const ratio = ratioTo("qemu");
  const holds = Number(ratio) <= BAR;
  if (holds) passed++;
  else failed++;
  console.log(`${holds ? "ok" : "not ok"} - ${what}: ${ratio} of QEMU's time, at most ${BAR}`);
  console.log(
    `# ${what}: with the same kind of interrupt ${ratioTo("line")}; of what the guest only waits for, ` +
      `${(waited("ninefold") / waited("qemu")).toFixed(2)}`,
  );
  for (const server of ["ninefold", "qemu", "line"]) {
    const took = median(each("micros", server));
    console.log(`# ${what}: ${server}: ${took.toFixed(0)} µs, ${waited(server).toFixed(0)} of them waited`);
  }
}

function mean(of: readonly number[]): number {
  return of.reduce((sum, each) => sum + each, 0) / of.length;
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}

/** The same tree for both, with metadata as either writes them. */
async function makeTree(name: string): Promise<string> {
  const path = join(base, name);
  mkdirSync(path);
  const tree = await localFs.open(
    { path, security_model: MODEL, readonly: false, multidevs: "remap" },
    { fsdev: name, log: silentLogger, baseDirectory: "/", securityModels: [mappedXattr] },
  );
  const root = await tree.attach("", { name: "bench", uid: -1 });
  for (let i = 0; i < Number(values.files); i++) {
    const made = { mode: 0o644, uid: 1000, gid: 1000 };
    const { node, file } = await root.create(`file-${i}`, OPEN.WRITE | OPEN.EXCLUSIVE, made);
    await file.close();
    node.release();
  }
  root.release();
  await tree.close();
  return path;
}
