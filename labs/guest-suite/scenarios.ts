import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bootGuest, type GuestKind, type GuestOptions } from "../src/index.ts";
import { posixScenarios } from "./posix-scenarios.ts";
import type { Scenario } from "./scenario.ts";
import { ServedFolder } from "./server.ts";
import { stolenDevice } from "./stolen-device.ts";
import type { TapReport } from "./tap.ts";

const TREE_SUITE = readFileSync(fileURLToPath(new URL("tree.py", import.meta.url)));

/**
 * The whole tree suite in one guest, by virtio or by TCP; afterwards the host compares what the guest left. With another
 * dialect than the lab's own, what that cannot say is left out: tree.py has the list.
 */
function treeSuite(
  name: string,
  kind: GuestKind,
  way: "virtio" | "tcp",
  dialect: "9p2000.L" | "9p2000.u" = "9p2000.L",
): Scenario {
  return {
    name,
    async run(report) {
      await using served = new ServedFolder();
      const fsdev = ["-fsdev", `local,id=fs0,path=${served.share},security_model=passthrough`];
      let share: GuestOptions["shares"][number];
      if (way === "virtio") {
        const socket = served.socket("host");
        await served.start(...fsdev, "-device", `virtio-9p-pci,fsdev=fs0,mount_tag=host,socket=${socket}`);
        share = { tag: "host", mountpoint: "/mnt", socket, options: `version=${dialect}` };
      } else {
        await served.start(...fsdev, "-listen", "tcp:127.0.0.1:0,fsdev=fs0,allow-unauthenticated=on");
        const port = Number(/port=(\d+)/.exec(served.output)?.[1]);
        const tcp = { host: "127.0.0.1", port };
        share = { tag: "host", mountpoint: "/mnt", tcp, options: `version=${dialect}` };
      }
      await using guest = await bootGuest({
        kind,
        shares: [share],
        tools: true,
        extraFiles: { "/tree.py": TREE_SUITE },
        script: "uname -r; python3 /tree.py /mnt",
      });
      report.readGuest(name, await guest.exit);
      compareReport(report, name, served.share);
      report.check(name, "the server ends with status 0", (await served.stop()) === 0, served.log);
      report.check(name, "no socket is left", !existsSync(served.socket("host")));
    },
  };
}

/** The 100 MB that a guest copied, as the host finds them. */
function compareReport(report: TapReport, name: string, share: string): void {
  const file = join(share, "report/big");
  if (!existsSync(file)) {
    report.check(name, "the host finds the 100 MB", false, `${file} is missing`);
    return;
  }
  const found = createHash("md5").update(readFileSync(file)).digest("hex");
  const expected = readFileSync(`${file}.md5`, "utf8");
  report.check(name, "the host reads the same 100 MB", found === expected, `${found} is not ${expected}`);
}

/** A device outlives its guests: a reboot, a machine that is killed while it writes, fifty front ends in a row. */
const guestsComeAndGo: Scenario = {
  name: "guests-come-and-go",
  async run(report, name) {
    await using served = new ServedFolder();
    const socket = served.socket("host");
    await served.start(
      "-virtfs",
      `local,path=${served.share},security_model=passthrough,mount_tag=host,socket=${socket}`,
    );
    const boot = (kind: GuestKind, script: string, reboots = 0) =>
      bootGuest({ kind, shares: [{ tag: "host", mountpoint: "/mnt", socket }], script, reboots });

    const reboot =
      "n=$(cat /mnt/boots 2>/dev/null || echo 0); echo $((n+1)) >/mnt/boots; sync; [ $n -ge 2 ] || reboot -f";
    for (const kind of ["uml", "qemu-pci"] as const) {
      await using rebooting = await boot(kind, `${reboot}; cat /mnt/boots; rm /mnt/boots`, 2);
      const { status, output } = await rebooting.exit;
      report.check(
        name,
        `${kind}: a guest that reboots twice is served three times`,
        status === 0 && output.trim() === "3",
        output,
      );
    }

    for (const kind of ["uml", "qemu-pci"] as const) {
      await using victim = await boot(
        kind,
        "echo begun >/mnt/begun; while :; do dd if=/dev/zero of=/mnt/endless bs=64k count=64; done",
      );
      const begun = join(served.share, "begun");
      await until(() => existsSync(begun) && readFileSync(begun, "utf8") === "begun\n");
      await victim.kill();
      await using next = await boot("uml", "cat /mnt/begun; rm /mnt/begun");
      const { status, output } = await next.exit;
      report.check(
        name,
        `${kind} killed while it writes: the next guest is served`,
        status === 0 && output.trim() === "begun",
        output,
      );
    }

    const { connectVhostUser } = await import("@ninefold/transport-virtio/testing");
    for (let round = 0; round < 50; round++) {
      const frontend = await connectVhostUser(socket);
      await frontend.close();
    }
    await using last = await boot("uml", "echo served >/mnt/last; cat /mnt/last");
    const { status, output } = await last.exit;
    report.check(
      name,
      "after 50 connects in a row a guest is served",
      status === 0 && output.trim() === "served",
      output,
    );
    report.check(name, "the server ends with status 0", (await served.stop()) === 0, served.log);
  },
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}

export const scenarios: readonly Scenario[] = [
  treeSuite("uml", "uml", "virtio"),
  treeSuite("qemu-pci", "qemu-pci", "virtio"),
  treeSuite("qemu-mmio", "qemu-mmio", "virtio"),
  treeSuite("qemu-tcp", "qemu-pci", "tcp"),
  treeSuite("uml-u", "uml", "virtio", "9p2000.u"),
  treeSuite("qemu-pci-u", "qemu-pci", "virtio", "9p2000.u"),
  guestsComeAndGo,
  { name: "stolen-device", run: stolenDevice },
  ...posixScenarios,
];
