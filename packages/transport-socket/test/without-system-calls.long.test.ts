import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { Slab } from "../src/slab.ts";
import { temporaryFolder, until } from "./helpers.ts";
import { describeLoad, serveUnix } from "./load-cases.ts";

// As on a system for which there are none: then sockets are Node's own.
vi.mock("@ninefold/native", async (original) => ({
  ...(await original<typeof import("@ninefold/native")>()),
  isSupported: false,
  listenTcp: refuse,
  listenUnix: refuse,
  addressOf: refuse,
}));

function refuse(): never {
  throw new Error("a system call where there are none");
}

describeLoad("without system calls");

describe("without system calls", () => {
  test("no memory has an address", () => {
    expect(new Slab(8).address).toBe(0);
  });

  test("what breaks the protocol ends its connection, with a reason", async () => {
    const { host, peer } = await serveUnix();
    peer.socket.write(Buffer.from([6, 0, 0, 0, 100, 0]));
    await peer.closed;
    await until(() => host.events.length === 2);
    expect(host.events[1]).toMatchObject({ kind: "disconnect", reason: "a message of 6 bytes" });
  });

  test("on another processor one request after the other is answered", async () => {
    const folder = await temporaryFolder();
    const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const code = `
      Object.defineProperty(process, "arch", { value: "riscv64" });
      const { createConnection } = await import("node:net");
      const { unixTransport } = await import(${JSON.stringify(source("../src/index.ts"))});
      const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
      const handler = { handle: () => 7, close: async () => {}, reset: async () => {} };
      const host = { baseDirectory: "/", device: "d", mountTag: "t", log: quiet, openSession: () => handler, report() {} };
      const endpoint = await unixTransport.open({ path: ${JSON.stringify(join(folder, "s"))}, "socket-mode": 0o600 }, host);
      const peer = createConnection({ path: ${JSON.stringify(join(folder, "s"))} });
      let replies = 0;
      const ask = () => peer.write(Uint8Array.of(7, 0, 0, 0, 100, 0, 0));
      peer.on("data", async () => {
        if (++replies < 500) return ask();
        peer.destroy();
        await endpoint.close();
        console.log(replies);
      });
      ask();`;
    const run = spawnSync(
      process.execPath,
      ["--conditions=@ninefold/source", "--input-type=module", "-e", code],
      { encoding: "utf8", timeout: 30_000 },
    );
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe("500");
  });
});
