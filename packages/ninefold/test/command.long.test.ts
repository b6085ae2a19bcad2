import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSocket, mount } from "@ninefold/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

describe("the command", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-command-"));
    chmodSync(folder, 0o777);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const LOCAL = () => {
    mkdirSync(join(folder, "share"), { recursive: true });
    return ["-fsdev", `local,id=fs0,path=${folder}/share,security_model=none`];
  };

  it("serves a folder, says what to paste, and leaves nothing behind", async () => {
    const args = [...LOCAL(), "-device", `virtio-9p-pci,fsdev=fs0,mount_tag=host,socket=${folder}/v.sock`];
    const ninefold = new RunningNinefold([...args, "-listen", `unix:${folder}/u.sock,fsdev=fs0`]);
    await ninefold.serving();
    expect(ninefold.stdout).toContain(`path=${folder}/v.sock`);
    expect(ninefold.stdout).toContain("config_size=6");
    expect(ninefold.stdout).toContain("mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 host /mnt");
    await using tree = await mount(await connectSocket({ path: join(folder, "u.sock") }));
    await tree.writeFile("a", "from the client");
    expect(readdirSync(join(folder, "share"))).toEqual(["a"]);
    ninefold.child.kill("SIGINT");
    expect(await ninefold.ended()).toBe(0);
    expect(readdirSync(folder)).toEqual(["share"]);
  });

  it("traces each message as a readable line", async () => {
    const ninefold = new RunningNinefold([
      "-fsdev",
      "memory,id=m",
      "-listen",
      `unix:${folder}/u.sock,fsdev=m`,
      "--trace",
    ]);
    await ninefold.serving();
    const tree = await mount(await connectSocket({ path: join(folder, "u.sock") }));
    await tree.mkdir("made");
    await tree.close();
    ninefold.child.kill("SIGTERM");
    expect(await ninefold.ended()).toBe(0);
    expect(ninefold.stderr).toMatch(/> Tversion .*9P2000\.L/);
    expect(ninefold.stderr).toMatch(/> Tmkdir .*made/);
    expect(ninefold.stderr).toMatch(/< Rmkdir/);
  });

  it("says mistakes in one line each, with status 2, and leaves nothing behind", async () => {
    writeFileSync(join(folder, "file"), "");
    const listen = ["-listen", `unix:${folder}/u.sock,fsdev=a`];
    const cases: [string[], RegExp][] = [
      [
        ["-fsdev", `local,id=a,path=${folder}/none,security_model=none`, ...listen],
        /fsdev a: ".*none" does not exist/,
      ],
      [["-fsdev", `local,id=a,path=${folder}/file,security_model=none`, ...listen], /is no folder/],
      [
        ["-fsdev", `local,id=a,path=${folder},security_model=none,readnoly=on`, ...listen],
        /"readnoly" is unknown; allowed: .*security_model/,
      ],
      [
        ["-fsdev", `local,id=a,path=${folder},security_model=bad`, ...listen],
        /no security model named "bad"; loaded: passthrough, none/,
      ],
      [["-fsdev", "memory,id=a", "-listen", "tcp:0,fsdev=a"], /allow-unauthenticated/],
      [["-fsdev", "nope,id=a", ...listen], /no fs driver named "nope"; loaded: .*local/],
      [
        ["-fsdev", "memory,id=a", "-device", `virtio-9p-pci,fsdev=b,mount_tag=t,socket=${folder}/s`],
        /no fsdev "b"/,
      ],
      [["frobnicate"], /no command "frobnicate"/],
    ];
    const ended = await Promise.all(
      cases.map(async ([args]) => {
        const ninefold = new RunningNinefold(args);
        return [await ninefold.ended(), ninefold.stderr] as const;
      }),
    );
    for (const [index, [status, stderr]] of ended.entries()) {
      const lines = stderr.split("\n").filter((line) => line.startsWith("ninefold: "));
      expect([status, lines.length], stderr).toEqual([2, 1]);
      expect(lines[0]).toMatch(cases[index]![1]);
    }
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("refuses a socket that another server holds", async () => {
    const args = ["-fsdev", "memory,id=a", "-listen", `unix:${folder}/u.sock,fsdev=a`];
    const first = new RunningNinefold(args);
    await first.serving();
    const second = new RunningNinefold(args);
    expect(await second.ended()).toBe(2);
    expect(second.stderr).toMatch(/another server listens on ".*u\.sock"/);
    expect(existsSync(join(folder, "u.sock"))).toBe(true);
    first.child.kill("SIGINT");
    expect(await first.ended()).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "refuses a folder that its user may not read (needs root to become another user)",
    async () => {
      const args = LOCAL();
      chmodSync(join(folder, "share"), 0o700);
      const ninefold = new RunningNinefold([...args, "-listen", `unix:${folder}/u.sock,fsdev=fs0`], {
        uid: 65534,
      });
      expect(await ninefold.ended()).toBe(2);
      expect(ninefold.stderr).toMatch(/share" may not be read by the server's user/);
      expect(readdirSync(folder)).toEqual(["share"]);
    },
  );

  it("answers --help, --version and plugins", async () => {
    const runs = [["--help"], ["--version"], ["plugins"]].map((args) => new RunningNinefold(args));
    expect(await Promise.all(runs.map((run) => run.ended()))).toEqual([0, 0, 0]);
    expect(runs[0]!.stdout).toMatch(/^ninefold shares host folders/);
    expect(runs[1]!.stdout).toMatch(/^ninefold \d+\.\d+\.\d+\n$/);
    expect(runs[2]!.stdout).toMatch(/@ninefold\/fs-local\n {2}fs-driver +local/);
  });

  it("shows itself without a VM", async () => {
    const demo = new RunningNinefold(["demo"]);
    expect(await demo.ended(), demo.stderr).toBe(0);
    expect(demo.stdout).toContain("notes/");
    expect(demo.stdout).toContain('"written by the guest\\n"');
    expect(demo.stdout).toMatch(/getattr +[\d,]+ requests\/s/);
    expect(demo.stdout).toContain("npm run lab:uml");
    const [, sample] = /sharing (\S+)/.exec(demo.stdout) ?? [];
    expect(existsSync(sample ?? "")).toBe(false);
  });
});
