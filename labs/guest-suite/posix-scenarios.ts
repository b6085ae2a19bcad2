import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bootGuest, type Guest, type GuestKind } from "../src/index.ts";
import { HostPartner } from "./partners.ts";
import type { Scenario } from "./scenario.ts";
import { ServedFolder } from "./server.ts";

const POSIX_SUITE = readFileSync(fileURLToPath(new URL("posix.py", import.meta.url)));

interface PosixOptions {
  readonly kind: GuestKind;
  readonly cases: readonly string[];
  /** Whether another guest takes part. */
  readonly withPartner?: boolean;
  /** The server's limit of open files. */
  readonly openFiles?: number;
}

/** Cases of posix.py in a guest, with the host and perhaps another guest as partners. */
function posix(name: string, { kind, cases, withPartner = false, openFiles }: PosixOptions): Scenario {
  return {
    name,
    async run(report) {
      await using served = new ServedFolder(openFiles);
      const tags = withPartner ? ["first", "second"] : ["first"];
      await served.start(
        ...["-fsdev", `local,id=fs0,path=${served.share},security_model=passthrough`],
        ...tags.flatMap((tag) => [
          "-device",
          `virtio-9p-pci,id=${tag},fsdev=fs0,mount_tag=${tag},socket=${served.socket(tag)}`,
        ]),
      );
      using _host = new HostPartner(served.share, "/mnt");
      if (withPartner) writeFileSync(join(served.share, "ask", "with-partner"), "");
      const boot = (tag: string, args: string, options: string): Promise<Guest> =>
        bootGuest({
          kind,
          shares: [{ tag, mountpoint: "/mnt", socket: served.socket(tag), options }],
          tools: true,
          extraFiles: { "/posix.py": POSIX_SUITE },
          script: `python3 /posix.py /mnt ${args}`,
        });
      // Shared writable maps, which SQLite's WAL needs too, exist in the client with this cache only.
      await using guest = await boot("first", cases.join(" "), "cache=mmap");
      await using partner = withPartner ? await boot("second", "partner", "cache=none") : undefined;
      report.readGuest(name, await guest.exit);
      if (partner !== undefined) {
        const other = await partner.exit;
        report.check(name, "the other guest ended well", other.status === 0, other.output.slice(-1500));
      }
      report.check(name, "the server ends with status 0", (await served.stop()) === 0, served.log);
    },
  };
}

export const posixScenarios: readonly Scenario[] = [
  posix("posix-uml", {
    kind: "uml",
    withPartner: true,
    cases: [
      ...["a_lock_of_the_host", "a_lock_of_this_guest", "a_lock_of_another_guest"],
      ...["random_access_with_mmap", "a_hundred_thousand_entries", "git_200_commits"],
    ],
  }),
  posix("descriptors-uml", { kind: "uml", openFiles: 4096, cases: ["twenty_thousand_files"] }),
  posix("posix-qemu", {
    kind: "qemu-pci",
    // SQLite here and not in User-Mode Linux, whose 7.2.7 reads zeros from its own cache where it wrote a new file's first
    // page, with cache=mmap and loose and without asking any server; 7.2.13 does not.
    cases: [
      "a_lock_of_the_host",
      "a_lock_of_this_guest",
      "sqlite_in_all_journal_modes",
      "random_access_with_mmap",
    ],
  }),
];
