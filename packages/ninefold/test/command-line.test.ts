import { isConfigError } from "@ninefold/core";
import { describe, expect, it } from "vitest";
import { parseCommandLine, withAbsolutePaths } from "../src/command-line/arguments.ts";

function mistake(...argv: string[]): string {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (isConfigError(error)) return error.message;
    throw error;
  }
  throw new Error("no mistake was found");
}

describe("the command line", () => {
  it("takes QEMU's spelling", () => {
    const { command, plain } = parseCommandLine([
      "-fsdev",
      "local,id=fs0,path=/srv/a,,b,security_model=none,readonly",
      "-device",
      "virtio-9p-pci,fsdev=fs0,mount_tag=host,socket=/run/x.sock",
      "-listen",
      "tcp:127.0.0.1:5640,fsdev=fs0,allow-unauthenticated=on",
    ]);
    expect(command).toBe("serve");
    expect(plain).toEqual({
      fsdevs: { fs0: { driver: "local", path: "/srv/a,b", security_model: "none", readonly: "on" } },
      devices: [{ type: "virtio-9p-pci", fsdev: "fs0", mount_tag: "host", socket: "/run/x.sock" }],
      listen: [{ address: "tcp:127.0.0.1:5640", fsdev: "fs0", "allow-unauthenticated": "on" }],
    });
  });

  it("splits -virtfs into fsdev and device, and forwards every option", () => {
    const { plain } = parseCommandLine([
      "-virtfs",
      "local,path=/srv,security_model=none,mount_tag=host,socket=/s,socket-mode=0660,readonly=on,fmode=0644",
    ]);
    expect(plain).toEqual({
      fsdevs: {
        host: { driver: "local", path: "/srv", security_model: "none", readonly: "on", fmode: "0644" },
      },
      devices: [
        { type: "virtio-9p-pci", fsdev: "host", mount_tag: "host", socket: "/s", "socket-mode": "0660" },
      ],
    });
  });

  it("takes words with one dash and two, with = and without", () => {
    const { plain, configFile, operands, command } = parseCommandLine([
      "demo",
      "DIR",
      "--config=a.yaml",
      "--trace",
      "--log-level",
      "debug",
    ]);
    expect([command, operands, configFile]).toEqual(["demo", ["DIR"], "a.yaml"]);
    expect(plain.log).toEqual({ level: "debug", trace: true });
    expect(parseCommandLine(["-version"]).version).toBe(true);
    expect(parseCommandLine(["-h"]).help).toBe(true);
  });

  it.each([
    [["--bad"], /unknown option '--bad'; known options: -fsdev/],
    [["-fsdev", "local,path=/x"], /-fsdev local,path=\/x: id is missing/],
    [["-device", "fsdev=a"], /the device's type as its first word is missing/],
    [["-virtfs", "local,path=/x"], /mount_tag is missing/],
    [
      ["-virtfs", "local,path=/x,mount_tag=/dev/root"],
      /"\/dev\/root" cannot be the fsdev's id as well; add id=NAME/,
    ],
    [["-fsdev", "memory,id=a", "-virtfs", "memory,mount_tag=a"], /fsdev id "a" is given twice/],
  ])("says what is wrong with %j", (argv, message) => {
    expect(mistake(...argv)).toMatch(message);
  });

  it("makes paths absolute when they are merged with a file of another folder", () => {
    const { plain } = parseCommandLine([
      "-virtfs",
      "local,path=share,mount_tag=a,socket=s.sock",
      "-listen",
      "unix:l.sock,fsdev=a",
    ]);
    const absolute = withAbsolutePaths(plain);
    expect(absolute.fsdevs?.a?.path).toBe(`${process.cwd()}/share`);
    expect(absolute.devices?.[0]?.socket).toBe(`${process.cwd()}/s.sock`);
    expect(absolute.listen?.[0]?.address).toBe(`unix:${process.cwd()}/l.sock`);
  });
});
