// Throttles and quotas as a real guest meets them: `npm run test:limits`. The last line counts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ServedFolder } from "../guest-suite/server.ts";
import { TapReport } from "../guest-suite/tap.ts";
import { bootGuest } from "../src/index.ts";

/** QEMU's options, by the names of the folders that the guest finds below /t. */
const THROTTLES: Readonly<Record<string, string>> = {
  free: "",
  "bps-total": "throttling.bps-total=1000000",
  "bps-read": "throttling.bps-read=1500000",
  "bps-write": "throttling.bps-write=1500000",
  "iops-total": "throttling.iops-total=100",
  "iops-read": "throttling.iops-read=60",
  "iops-size": "throttling.iops-write=80,throttling.iops-size=1024",
  "burst-amount": "throttling.bps-write=200000,throttling.bps-write-max=4000000",
  "burst-rate": "throttling.iops-write=15,throttling.iops-write-max=60,throttling.iops-write-max-length=3",
};

/** Options of the layer `quota`, by the names of the folders that the guest finds below /q. */
const QUOTAS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "max-space": { "max-space": "8M" },
  edquot: { "max-space": "8M", errno: "EDQUOT" },
  "max-files": { "max-files": 20 },
  "max-open-files": { "max-open-files": 10 },
  "auto-delete": { "max-space": "8M", "auto-delete": true },
};

const script = (name: string): Uint8Array => readFileSync(fileURLToPath(new URL(name, import.meta.url)));

async function guestRuns(
  report: TapReport,
  name: string,
  served: ServedFolder,
  { folder, names, command }: { folder: string; names: readonly string[]; command: string },
): Promise<void> {
  await using guest = await bootGuest({
    kind: "uml",
    shares: names.map((tag) => ({ tag, mountpoint: `${folder}/${tag}`, socket: served.socket(tag) })),
    tools: true,
    extraFiles: { "/throttles.py": script("throttles.py"), "/quotas.py": script("quotas.py") },
    script: command,
  });
  report.readGuest(name, await guest.exit);
}

/** A folder for each name, below the served one. */
function makeFolders(served: ServedFolder, names: readonly string[]): void {
  for (const name of names) mkdirSync(join(served.share, name));
}

async function throttles(report: TapReport): Promise<void> {
  await using served = new ServedFolder();
  const names = Object.keys(THROTTLES);
  makeFolders(served, names);
  for (const name of ["bps-read", "bps-total", "iops-read"])
    for (const size of [512, 32_768, 65_536])
      writeFileSync(join(served.share, name, `read-${size}`), Buffer.alloc(16 * size, "x"));
  const words = Object.entries(THROTTLES).flatMap(([name, options]) => [
    "-virtfs",
    [
      `local,id=${name},path=${join(served.share, name)},security_model=none`,
      ...(options === "" ? [] : [options]),
      `mount_tag=${name},socket=${served.socket(name)}`,
    ].join(","),
  ]);
  await served.start(...words);
  const command = "python3 /throttles.py";
  await guestRuns(report, "throttles", served, { folder: "/t", names, command });
  report.check("throttles", "the server ends with status 0", (await served.stop()) === 0, served.log);
}

async function quotas(report: TapReport): Promise<void> {
  await using served = new ServedFolder();
  const names = Object.keys(QUOTAS);
  makeFolders(served, names);
  const fsdevs = Object.fromEntries(
    Object.entries(QUOTAS).map(([name, options]) => [
      name,
      {
        driver: "local",
        path: join(served.share, name),
        security_model: "none",
        layers: [{ layer: "quota", ...options }],
      },
    ]),
  );
  const devices = names.map((name) => ({
    type: "virtio-9p-pci",
    fsdev: name,
    mount_tag: name,
    socket: served.socket(name),
  }));
  const config = served.socket("config");
  writeFileSync(config, JSON.stringify({ fsdevs, devices }));
  for (const when of ["first", "restarted"]) {
    await served.start("--config", config);
    const command = `python3 /quotas.py ${when}`;
    await guestRuns(report, `quotas, ${when}`, served, { folder: "/q", names, command });
    report.check(`quotas, ${when}`, "the server ends with status 0", (await served.stop()) === 0, served.log);
  }
}

const report = new TapReport();
for (const [name, run] of Object.entries({ throttles, quotas })) {
  if (process.argv.length > 2 && !process.argv.includes(name)) continue;
  try {
    await run(report);
  } catch (error) {
    report.check(name, "it ran", false, String((error as Error).stack ?? error));
  }
}
for (const failure of report.failures) console.log(`failed: ${failure}`);
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exit(report.failed === 0 ? 0 : 1);
