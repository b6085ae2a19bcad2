// One folder, two servers: `npm run test:interop`. A guest has each of QEMU's mapped and unmapped trees from QEMU itself
// and from Ninefold, writes and changes them through the one and reads them through the other; afterwards the
// host's folders are compared. The last line counts.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TapReport } from "../guest-suite/tap.ts";
import { bootGuest, type GuestShare } from "../src/index.ts";
import { startServer } from "../src/serve.ts";
import { bareInterop, equal } from "./bare.ts";
import { describeFolder } from "./host-folder.ts";

const MODELS = ["mapped-xattr", "mapped-file", "passthrough"] as const;
const WRITERS = ["qemu", "ninefold"] as const;

if (process.getuid?.() !== 0) {
  console.error("passthrough takes a server that is root, QEMU's as ours: run this as root");
  process.exit(2);
}
const report = new TapReport();
const base = mkdtempSync(join(tmpdir(), "ninefold-interop-"));
try {
  await bareInterop(base, report);
  if (!process.argv.includes("--bare")) await run();
} catch (error) {
  report.check("interop", "it ran", false, String((error as Error).stack ?? error));
} finally {
  rmSync(base, { recursive: true, force: true });
}
for (const failure of report.failures) console.log(`failed: ${failure}`);
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exit(report.failed === 0 ? 0 : 1);

async function run(): Promise<void> {
  const trees = MODELS.flatMap((model, number) =>
    WRITERS.map((writer) => {
      const folder = join(base, `${model}-by-${writer}`);
      mkdirSync(folder);
      chmodSync(folder, 0o755);
      // Tags and paths of sockets are short.
      const id = `${writer[0]}${number}`;
      return { model, writer, folder, id, socket: join(base, `${id}.sock`) };
    }),
  );
  const shares = trees.flatMap(({ model, folder, id, socket }): GuestShare[] => [
    {
      tag: `${id}-qemu`,
      mountpoint: `/mnt/${id}/qemu`,
      options: "posixacl",
      virtfs: { folder, securityModel: model },
    },
    { tag: `${id}-ninefold`, mountpoint: `/mnt/${id}/ninefold`, options: "posixacl", socket },
  ]);
  const plan = Object.fromEntries(
    MODELS.map((model) => [
      model,
      Object.fromEntries(
        trees
          .filter((tree) => tree.model === model)
          .map(({ writer, id }) => [writer, { qemu: `/mnt/${id}/qemu`, ninefold: `/mnt/${id}/ninefold` }]),
      ),
    ]),
  );
  await using server = await startServer(
    trees.flatMap(({ model, folder, id, socket }) => [
      ...["-fsdev", `local,id=${id},path=${folder},security_model=${model}`],
      ...["-device", `virtio-9p-pci,id=d${id},fsdev=${id},mount_tag=${id}-ninefold,socket=${socket}`],
    ]),
    trees.map(({ socket }) => socket),
  );
  await using guest = await bootGuest({
    kind: "qemu-pci",
    tools: true,
    shares,
    extraFiles: { "/tree.py": readFileSync(fileURLToPath(new URL("tree.py", import.meta.url))) },
    script: `python3 /tree.py '${JSON.stringify(plan)}'`,
  });
  report.readGuest("guest", await guest.exit);
  await server.stop();
  for (const model of MODELS) {
    const [one, other] = WRITERS.map((writer) => describeFolder(join(base, `${model}-by-${writer}`)));
    if (one === undefined || other === undefined) continue;
    equal(report, `${model}, from a guest: the host's folders are equal`, one, other, 100);
  }
}
