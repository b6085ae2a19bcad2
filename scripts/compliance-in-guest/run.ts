// `npm run test:compliance:guest`: the driver suite on mounts in User-Mode Linux, one for each driver. Node runs in the guest
// from the host's own files (hostfs). Ends with `N passed, N failed`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createBackend } from "ninefold";
import { TapReport } from "../../labs/guest-suite/tap.ts";
import { bootGuest } from "../../labs/src/index.ts";

const program = fileURLToPath(new URL("in-guest.ts", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "ninefold-compliance-"));
const drivers = {
  memory: {},
  sqlite: { path: join(work, "tree.db") },
  local: { path: mkdtempSync(join(work, "share-")), security_model: "passthrough" },
};
const report = new TapReport();

for (const [driver, options] of Object.entries(drivers)) {
  const socket = join(work, `${driver}.sock`);
  await using _backend = await createBackend({
    fsdevs: { fs0: { driver, ...options } },
    devices: [{ type: "virtio-9p-pci", fsdev: "fs0", mount_tag: "host", socket }],
  });
  // The mount appears in the host's tree as the guest sees it, so that Node finds its own files and the mount's.
  const mountpoint = mkdtempSync(join(work, "mount-"));
  await using guest = await bootGuest({
    kind: "uml",
    memoryMiB: 512,
    shares: [{ tag: "host", mountpoint: "/mnt", socket }],
    script: [
      "mkdir /host && mount -t hostfs none /host -o /",
      `mount --bind /mnt /host${mountpoint} && mount -t proc proc /host/proc`,
      `chroot /host ${process.execPath} --conditions=@ninefold/source ${program} ${mountpoint} ${driver}`,
    ].join("\n"),
  });
  report.readGuest(driver, await guest.exit);
}
rmSync(work, { recursive: true, force: true });
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exit(report.failed === 0 ? 0 : 1);
