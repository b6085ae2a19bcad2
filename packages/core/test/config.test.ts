import { type ConfigError, configJsonSchema, parseConfig, type ServerConfig } from "@ninefold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

function parse(plain: unknown): ServerConfig {
  return parseConfig(plain, { baseDirectory: "/base" });
}

function linesOf(
  plain: unknown,
  describePath?: (path: readonly (string | number)[]) => string | undefined,
): string[] {
  try {
    parseConfig(plain, { baseDirectory: "/base", ...(describePath === undefined ? {} : { describePath }) });
  } catch (error) {
    expect((error as ConfigError).mistakes.length).toBeGreaterThan(0);
    return (error as ConfigError).message.split("\n");
  }
  return [];
}

const FSDEVS = { fs0: { driver: "local" } };

describe("a configuration", () => {
  test("in its users' form becomes plain frozen data", () => {
    const config = parse({
      plugins: ["@acme/fs-s3", "./mine.ts"],
      fsdevs: {
        fs0: {
          driver: "local",
          path: "./share",
          security_model: "none",
          layers: ["readonly", { layer: "quota", max_space: "1G" }],
        },
      },
      devices: [{ type: "virtio-9p-pci", id: "d0", fsdev: "fs0", mount_tag: "host", socket: "/run/x.sock" }],
      listen: [
        { address: "unix:/run/y.sock", fsdev: "fs0", "socket-mode": "0660" },
        { address: "tcp:127.0.0.1:5640", fsdev: "fs0", mount_tag: "t", "allow-unauthenticated": "on" },
      ],
      inline: "on",
      log: { level: "debug", trace: true },
      limits: { fids: 1000, requests_in_flight: "64" },
    });
    expect(config).toEqual({
      baseDirectory: "/base",
      plugins: ["@acme/fs-s3", "./mine.ts"],
      fsdevs: [
        {
          id: "fs0",
          driver: "local",
          options: { path: "./share", security_model: "none" },
          layers: [
            { layer: "readonly", options: {} },
            { layer: "quota", options: { max_space: "1G" } },
          ],
        },
      ],
      devices: [
        {
          id: "d0",
          type: "virtio-9p-pci",
          fsdev: "fs0",
          mountTag: "host",
          options: { socket: "/run/x.sock" },
        },
        {
          type: "9p-unix",
          fsdev: "fs0",
          mountTag: "fs0",
          options: { path: "/run/y.sock", "socket-mode": "0660" },
        },
        {
          type: "9p-tcp",
          fsdev: "fs0",
          mountTag: "t",
          options: { host: "127.0.0.1", port: 5640, "allow-unauthenticated": "on" },
        },
      ],
      inline: true,
      restart: false,
      log: { level: "debug", format: "auto", trace: true },
      limits: { fids: 1000, requestsInFlight: 64 },
    });
    expect(Object.isFrozen(config.devices[0]?.options)).toBe(true);
  });

  test("may name fsdevs in a list", () => {
    expect(parse({ fsdevs: [{ id: "a", driver: "memory", size: 1 }] }).fsdevs).toEqual([
      { id: "a", driver: "memory", options: { size: 1 }, layers: [] },
    ]);
  });

  test.each([
    ["tcp:5640", { port: 5640 }],
    ["tcp::5640", { port: 5640 }],
    ["tcp:[::1]:564", { host: "::1", port: 564 }],
    ["tcp:example.test:0", { host: "example.test", port: 0 }],
    ["unix:./a:b", { path: "./a:b" }],
  ])("listens at %s", (address, options) => {
    expect(parse({ fsdevs: FSDEVS, listen: [{ address, fsdev: "fs0" }] }).devices[0]?.options).toEqual(
      options,
    );
  });

  test.each<[string, unknown, string]>([
    ["nothing", null, "the configuration is null; expected object"],
    [
      "an unknown key",
      { fsdvs: {} },
      'key "fsdvs" is unknown; allowed: plugins, fsdevs, devices, listen, xen, control, inline, restart, log, limits',
    ],
    ["a bad switch", { inline: "maybe" }, 'key "inline" is "maybe"; must be on or off'],
    [
      "a bad level",
      { log: { level: "loud" } },
      'log: key "level" is "loud"; allowed: trace, debug, info, warn, error, silent',
    ],
    [
      "an unknown log key",
      { log: { colour: 1 } },
      'log: key "colour" is unknown; allowed: level, format, trace',
    ],
    [
      "no driver",
      { fsdevs: { a: { path: "x" } } },
      'fsdevs.a: key "driver" is missing; the name of a driver, such as local; other keys are its options',
    ],
    [
      "fsdevs as text",
      { fsdevs: "x" },
      'key "fsdevs" is "x"; must be a map of fsdevs by id, or a list of fsdevs with ids',
    ],
    [
      "a bad id",
      { fsdevs: { "9x": { driver: "local" } } },
      'fsdevs.9x: id "9x" is not allowed; a letter, then letters, digits, - . _',
    ],
    [
      "an id twice",
      {
        fsdevs: [
          { id: "a", driver: "x" },
          { id: "a", driver: "y" },
        ],
      },
      'fsdevs[1]: id "a" is taken by fsdevs[0]; give each an id of its own',
    ],
    [
      "a live object",
      { fsdevs: { a: { driver: "x", live: new Map() } } },
      'fsdevs.a: key "live" holds something else than plain data; text, numbers, true, false, null, lists and maps are plain data',
    ],
    [
      "an odd layer",
      { fsdevs: { a: { driver: "x", layers: [7] } } },
      'fsdevs.a: key "layers[0]" is 7; must be a layer\'s name, or a map with the key layer',
    ],
    [
      "an unknown fsdev",
      { fsdevs: FSDEVS, devices: [{ type: "x", fsdev: "fs1" }] },
      'devices[0]: there is no fsdev "fs1"; configured: fs0',
    ],
    [
      "no fsdev",
      { devices: [{ type: "x", fsdev: "fs1" }] },
      'devices[0]: there is no fsdev "fs1"; none is configured: add one',
    ],
    [
      "no tag",
      { fsdevs: FSDEVS, devices: [{ type: "virtio-9p-pci", fsdev: "fs0" }] },
      'devices[0]: key "mount_tag" is missing; the name that the guest mounts by',
    ],
    [
      "a long tag",
      { fsdevs: FSDEVS, devices: [{ type: "virtio-9p-pci", fsdev: "fs0", mount_tag: "ö".repeat(16) }] },
      `devices[0]: key "mount_tag" is "${"ö".repeat(16)}"; at most 31 bytes`,
    ],
    [
      "a bad address",
      { fsdevs: FSDEVS, listen: [{ fsdev: "fs0", address: "tcp:x" }] },
      'listen[0]: key "address" is "tcp:x"; allowed: unix:PATH, tcp:PORT, tcp:HOST:PORT, tcp:[IPV6]:PORT',
    ],
    [
      "a port beyond all",
      { fsdevs: FSDEVS, listen: [{ fsdev: "fs0", address: "tcp:65536" }] },
      'listen[0]: key "address" is "tcp:65536"; allowed: unix:PATH, tcp:PORT, tcp:HOST:PORT, tcp:[IPV6]:PORT',
    ],
    [
      "an address twice",
      { fsdevs: FSDEVS, listen: [{ fsdev: "fs0", address: "tcp:1", port: 2 }] },
      'listen[0]: key "port" is given beside "address", which says it already; leave it out',
    ],
    [
      "one end twice",
      {
        fsdevs: FSDEVS,
        devices: [
          { type: "x", fsdev: "fs0", socket: "s", b: 1 },
          { type: "x", fsdev: "fs0", b: 1, socket: "s" },
        ],
      },
      "devices[1]: x has the same options as devices[0]; two devices cannot share one end",
    ],
    [
      "a limit of nothing",
      { limits: { fids: 0 } },
      'limits: key "fids" is 0; must be a whole number, at least 1',
    ],
  ])("with %s is refused in one clear line", (_what, plain, line) => {
    expect(linesOf(plain)).toEqual([line]);
  });

  test("has a line for each of its mistakes", () => {
    expect(
      linesOf({ fsdevs: { "9": { driver: "x" } }, devices: [{ type: "virtio-9p-pci", fsdev: "b", id: "" }] }),
    ).toHaveLength(1);
    expect(
      linesOf({ fsdevs: { "9": { driver: "x" } }, devices: [{ type: "virtio-9p-pci", fsdev: "b" }] }),
    ).toHaveLength(3);
  });

  test("speaks of places as its caller does", () => {
    const describePath = (path: readonly (string | number)[]): string | undefined =>
      path[0] === "devices" ? "-device x,fsdev=b" : undefined;
    expect(linesOf({ fsdevs: FSDEVS, devices: [{ type: "x", fsdev: "b" }] }, describePath)).toEqual([
      '-device x,fsdev=b: there is no fsdev "b"; configured: fs0',
    ]);
  });

  test("of any plain data is either read or refused by a ConfigError", () => {
    const key = fc.constantFrom(
      "plugins",
      "fsdevs",
      "devices",
      "listen",
      "xen",
      "control",
      "inline",
      "log",
      "limits",
      "driver",
      "type",
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>("fs0", "unix:/x", 1, true, null, undefined),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(key, fc.string()), tie("value"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value), (plain) => {
        try {
          parse(plain);
        } catch (error) {
          expect((error as Error).name, String(error)).toBe("ConfigError");
        }
      }),
    );
  });

  test("must have an absolute base directory", () => {
    expect(() => parseConfig({}, { baseDirectory: "here" })).toThrow(TypeError);
  });

  test("has a JSON Schema that editors complete from", () => {
    const schema = configJsonSchema() as {
      properties: Record<string, unknown>;
      additionalProperties: unknown;
    };
    expect(Object.keys(schema.properties)).toEqual([
      "plugins",
      "fsdevs",
      "devices",
      "listen",
      "xen",
      "control",
      "inline",
      "restart",
      "log",
      "limits",
    ]);
    expect(schema.additionalProperties).toBe(false);
  });
});
