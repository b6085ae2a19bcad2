import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootGuest, type Guest } from "../src/index.ts";
import type { TapReport } from "./tap.ts";

/** Tells what it sees, line by line; waits for the host by what its share answers. */
const SCRIPT = `
cat /mnt/name
while cat /mnt/name >/tmp/out 2>&1; do sleep 0.1; done
cat /tmp/out
for what in "ls /mnt" "stat /mnt/name" "touch /mnt/new" "mkdir /mnt/dir" "cat /mnt/name"; do
  began=$(cut -d' ' -f1 /proc/uptime)
  $what >/tmp/out 2>&1 && echo "$what works" || echo "$what: $(sed 's/.*: //' /tmp/out)"
  echo "$began $(cut -d' ' -f1 /proc/uptime)" | awk '{ if ($2 - $1 > 5) print "slow" }'
done
umount /mnt && echo unmounted
echo stolen
until mount -t 9p -o trans=virtio,version=9p2000.L host /mnt 2>/tmp/out; do sleep 0.2; done
cat /mnt/name && echo from the guest >/mnt/written && cat /mnt/written && echo mounted again
`;

/**
 * A guest's virtio device is taken by force for a Xen guest (in memory, with rings in this process): it gets ENODEV and does
 * not hang, the ring serves the same folder, and when the Xen guest is gone the first one mounts again.
 */
export async function stolenDevice(report: TapReport, name: string): Promise<void> {
  const [{ createBackend }, { attachDevice, memoryXen }, { mount }] = await Promise.all([
    import("ninefold"),
    import("@ninefold/transport-xen/testing"),
    import("@ninefold/client"),
  ]);
  const base = mkdtempSync(join(tmpdir(), "ninefold-stolen-"));
  const share = mkdtempSync(join(base, "share-"));
  writeFileSync(join(share, "name"), "folder A\n");
  const socket = join(base, "v.sock");
  const xen = memoryXen();
  const told: string[] = [];
  try {
    await using backend = await createBackend({
      inline: true,
      plugins: [xen.plugin],
      fsdevs: { a: { driver: "local", path: share, security_model: "none" } },
      devices: [{ id: "d0", type: "virtio-9p-pci", fsdev: "a", mount_tag: "host", socket }],
      xen: { attach: "steal", force: true },
      observe: (events) => {
        events.on("steal", ({ device, connections }) => told.push(`steal ${device} from ${connections}`));
        events.on("restore", ({ device }) => told.push(`restore ${device}`));
      },
    });
    await using guest = await bootGuest({
      kind: "uml",
      shares: [{ tag: "host", mountpoint: "/mnt", socket }],
      script: SCRIPT,
    });
    await said(guest, "folder A\n");
    const device = await attachDevice(xen.store, { domid: 7, devid: 0, tag: "host" });
    const ring = await xen.connect(device, 60_000);
    const tree = await mount(ring);
    const text = new TextDecoder().decode(await tree.readFile("name"));
    report.check(name, "the Xen ring serves the same folder", text === "folder A\n", text);
    await tree.writeFile("from-xen", "x");

    await said(guest, "stolen\n");
    const state = backend.devices.get("d0");
    report.check(
      name,
      "the device is taken, and its VMM still connected",
      state?.state === "taken" && state.connections === 1,
      JSON.stringify(state),
    );
    await tree.close();
    await device.destroy(60_000);
    const { status, output, reason } = await guest.exit;
    const seen = output.slice(output.indexOf("folder A\n"), output.indexOf("stolen\n"));
    const refused = [...seen.matchAll(/No such device/g)].length;
    report.check(
      name,
      "every request of the guest is answered ENODEV",
      refused === 6 && !seen.includes("works"),
      seen,
    );
    report.check(name, "no request hangs", !seen.includes("slow"), seen);
    report.check(name, "the guest unmounts what it had", seen.includes("unmounted\n"), seen);
    const after = output.slice(output.indexOf("stolen\n"));
    report.check(
      name,
      "after the restore the guest mounts again, reads and writes",
      after === "stolen\nfolder A\nfrom the guest\nmounted again\n",
      after,
    );
    report.check(
      name,
      "the guest ended by itself, with status 0",
      reason === "script" && status === 0,
      `${reason} ${status}`,
    );
    const expected = ["steal /machine/peripheral/d0 from 1", "restore /machine/peripheral/d0"];
    report.check(name, "steal and restore are told once each", told.join() === expected.join(), told.join());
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Waits until the guest has said this; throws when it ends without. */
async function said(guest: Guest, text: string): Promise<void> {
  let ended = false;
  void guest.exit.then(() => {
    ended = true;
  });
  while (!guest.output().includes(text)) {
    if (ended) throw new Error(`the guest ended without saying ${JSON.stringify(text)}: ${guest.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
