import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, connectSocket } from "@ninefold/client";
import type { FsTree, Logger, MessageHandler, TransportHost } from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { connectTo } from "@ninefold/transport-memory";
import { openTcp, unixTransport } from "@ninefold/transport-socket";
import { onTestFinished } from "vitest";

const quiet: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => quiet,
};

const engine = createEngine();
let sessions = 0;

function session(tree: FsTree, maxMessageSize: number): MessageHandler {
  const peer = { description: "test" };
  return engine.createSession({ id: `s${++sessions}`, tree, log: quiet, peer, maxMessageSize });
}

function hostOf(tree: FsTree): TransportHost {
  return {
    device: "d0",
    mountTag: "tag",
    log: quiet,
    baseDirectory: "/",
    openSession: (_peer, maxMessageSize) => session(tree, maxMessageSize),
    report() {},
  };
}

/** A tree behind the engine and a transport; each call is another connection. */
export type Serve = (tree: FsTree) => Promise<() => Promise<Channel>>;

export const overMemory: Serve = async (tree) => async () => {
  const connection = connectTo(session(tree, 1 << 20), 1 << 20);
  onTestFinished(() => connection.close());
  return connection;
};

export const overUnix: Serve = async (tree) => {
  const folder = await mkdtemp(join(tmpdir(), "9p-client-"));
  const path = join(folder, "s");
  const endpoint = await unixTransport.open({ path, "socket-mode": 0o600 }, hostOf(tree));
  onTestFinished(async () => {
    await endpoint.close();
    await rm(folder, { recursive: true });
  });
  return () => connectSocket({ path });
};

export const overTcp: Serve = async (tree) => {
  const endpoint = await openTcp({ host: "127.0.0.1", port: 0, "allow-unauthenticated": true }, hostOf(tree));
  onTestFinished(() => endpoint.close());
  return () => connectSocket({ port: endpoint.port, host: "127.0.0.1" });
};

/** Linux only: its rings lie in shared memory. */
export const overVirtqueue: Serve = async (tree) => async () => {
  const { connectInProcess } = await import("@ninefold/transport-virtio/testing");
  const maxMessageSize = 512_000;
  const driver = connectInProcess(hostOf(tree), { maxMessageSize });
  onTestFinished(() => driver.close());
  return {
    maxMessageSize,
    request: (message, replyRoom) => driver.request(message, replyRoom),
    close: () => driver.close(),
  };
};
