import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attachDevice, serveXenStore } from "@ninefold/transport-xen/testing";
import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

const capture = (name: string): string =>
  fileURLToPath(new URL(`../../attach-strategies/test/captures/${name}.xenstore-ls-fp`, import.meta.url));

describe("ninefold attach --explain", () => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-explain-")));
    mkdirSync(join(folder, "a"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function explain(
    ...args: string[]
  ): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const ninefold = new RunningNinefold(["attach", "--explain", ...args]);
    const status = await ninefold.ended();
    return { status, stdout: ninefold.stdout, stderr: ninefold.stderr };
  }

  const MACHINE = () => [
    ...["-fsdev", `local,id=fs0,path=${folder}/a,security_model=none`],
    ...[
      "-device",
      "virtio-9p-pci,id=d0,fsdev=fs0,mount_tag=lab",
      "-device",
      "xen-9p,fsdev=fs0,mount_tag=lab",
    ],
  ];

  it.each([
    ["init-wait", "xen_9pfs/1/0"],
    ["after-kill", "xen_9pfs/4/0"],
    ["qemu-written", "9pfs/1/0"],
    ["qemu-connected", "9pfs/1/0"],
  ])("%s: says for each strategy what it would do, and why", async (name, id) => {
    const { stdout, status } = await explain(
      "--xenstore-ls",
      capture(name),
      ...MACHINE(),
      "--attach",
      "steal",
    );
    const lines = stdout.split("\n");
    expect(lines[0]).toContain(`offer ${id} to guest`);
    expect(lines[1]).toBe(
      '  steal       attaches fsdev fs0 as "lab", takes /machine/peripheral/d0: /machine/peripheral/d0 fits by its tag "lab"',
    );
    expect(lines[2]).toBe(
      '  xen-9p      attaches fsdev fs0 as "lab": /machine/xen-9p/device[0] has the tag "lab"',
    );
    expect(lines[3]).toMatch(/^ {2}fsdev-only {2}refuses, no-match: no fsdev fits tag "lab"/);
    expect(lines[4]).toMatch(/^ {2}xenstore {4}refuses, forbidden-path: .*no folder is allowed/);
    expect(lines[5]).toMatch(/^ {2}=> steal: attaches fsdev fs0/);
    expect(status).toBe(0);
  });

  it("answers in JSON, and by its status when the configured strategies refuse", async () => {
    const { stdout, status } = await explain(
      ...[
        "--xenstore-ls",
        capture("two-guests"),
        ...MACHINE(),
        "--json",
        "--attach",
        "xenstore",
        "--allow",
        folder,
      ],
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      offers: [
        { offer: { id: "9pfs/1/0", domainName: "web-1" }, verdict: { strategy: "xenstore" } },
        { offer: { id: "9pfs/1/1" } },
        {
          offer: { id: "xen_9pfs/2/0", tag: "data" },
          opinions: [
            { strategy: "steal", decision: { kind: "refuse", code: "no-match" } },
            { strategy: "xen-9p" },
            { strategy: "fsdev-only" },
            { strategy: "xenstore", decision: { code: "forbidden-path" } },
          ],
        },
      ],
    });
  });

  it("lets each strategy take a device once, as a server would", async () => {
    const store = new MemoryXenStore();
    const xenstored = await serveXenStore(store, join(folder, "xenstored"));
    onTestFinished(() => xenstored.close());
    for (const domid of [1, 2]) await attachDevice(store, { domid, devid: 0, tag: "lab" });
    const before = store.list();
    const { stdout, status } = await explain(
      "--xenstore",
      join(folder, "xenstored"),
      ...MACHINE(),
      "--attach",
      "steal",
    );
    expect(stdout).toContain("=> steal: refuses, held: /machine/peripheral/d0 fits by its tag");
    expect(status).toBe(1);
    expect(store.list()).toEqual(before);
  });

  it("reads the same from a configuration file, and says what cannot be read", async () => {
    const file = join(folder, "config.yaml");
    writeFileSync(
      file,
      "fsdevs: { xen9p0: { driver: local, path: a, security_model: none } }\nxen: { attach: fsdev-only, domains: { web-*: xen-9p } }\n",
    );
    const { stdout } = await explain("--config", file, "--xenstore-ls", capture("two-guests"));
    expect(stdout).toContain('=> xen-9p: refuses, no-match: no xen-9p device has the tag "site"');
    expect(stdout).toContain(
      '=> fsdev-only: attaches fsdev xen9p0 as "data": fsdev "xen9p0": its id is xen9p<devid>',
    );
    const absent = await explain("--xenstore-ls", join(folder, "none"));
    expect(absent.stderr).toContain("give the path of a readable file");
    expect(absent.status).toBe(2);
    expect((await explain("--xenstore", join(folder, "none"))).stderr).toContain(
      "give --xenstore SOCKET, or",
    );
    const bare = new RunningNinefold(["attach"]);
    await bare.ended();
    expect(bare.stderr).toContain("--explain is missing");
  });
});
