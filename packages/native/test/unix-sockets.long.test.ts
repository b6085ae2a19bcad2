import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  acceptUnix,
  close,
  connectUnix,
  createEventFd,
  drainEventFd,
  Errno,
  effectiveUid,
  errnoName,
  getOpenFileLimit,
  listenUnix,
  MOST_PASSED_DESCRIPTORS,
  memfdCreate,
  NativeMemory,
  peerCredentials,
  pwriteBytes,
  receive,
  SHUT_WR,
  send,
  setOpenFileLimit,
  shutdown,
  signalEventFd,
  socketPair,
  umask,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { countDescriptors, makeFolder } from "./folders.ts";

const { path: folder } = makeFolder();
let count = 0;
const freshPath = () => join(folder, `socket-${count++}`);

describe("listening", () => {
  it("makes a socket with the mode asked for, whatever the umask is", () => {
    for (const [mask, mode] of [
      [0o022, 0o666],
      [0o077, 0o660],
      [0, 0o600],
    ] as const) {
      const path = freshPath();
      const before = umask(mask);
      const fd = listenUnix(path, { mode });
      expect(umask(before)).toBe(mask);
      expect(statSync(path).mode & 0o7777).toBe(mode);
      close(fd);
    }
  });

  it("replaces a socket that nobody answers on", () => {
    const before = countDescriptors();
    const path = freshPath();
    close(listenUnix(path));
    expect(existsSync(path)).toBe(true);
    const fd = listenUnix(path);
    const client = connectUnix(path);
    expect(client).toBeGreaterThan(0);
    for (const open of [client, fd]) {
      close(open);
    }
    expect(countDescriptors()).toBe(before);
  });

  it("lets exactly one of several servers that start at once replace a dead socket", async () => {
    const path = freshPath();
    close(listenUnix(path));
    const native = fileURLToPath(new URL("../src/index.ts", import.meta.url));
    const code = `
      const { listenUnix } = await import(${JSON.stringify(native)});
      process.stdout.write("ready");
      process.stdin.once("data", () => {
        try { listenUnix(${JSON.stringify(path)}); process.stdout.write("won"); }
        catch (error) { process.stdout.write(error.code); }
      });`;
    const servers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", code]),
    );
    const answer = async (server: (typeof servers)[number]) => String((await once(server.stdout, "data"))[0]);
    await Promise.all(servers.map(answer));
    const answers = Promise.all(servers.map(answer));
    for (const server of servers) {
      server.stdin.write("go");
    }
    expect((await answers).sort()).toEqual(["EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "won"]);
    for (const server of servers) {
      server.kill();
    }
  });

  it("refuses to take a live socket's or another file's place", () => {
    const before = countDescriptors();
    const path = freshPath();
    const fd = listenUnix(path);
    expect(() => listenUnix(path)).toThrow(/EADDRINUSE: somebody listens on/);
    expect(() => listenUnix(path, { kind: "seqpacket" })).toThrow(/EADDRINUSE/);
    const client = connectUnix(path);
    expect(client).toBeGreaterThan(0);
    close(client);
    close(fd);
    const file = freshPath();
    writeFileSync(file, "precious");
    expect(() => listenUnix(file)).toThrow(/EADDRINUSE/);
    expect(existsSync(file)).toBe(true);
    expect(countDescriptors()).toBe(before);
  });

  it("explains paths that cannot be", () => {
    const before = countDescriptors();
    const long = `/tmp/${"x".repeat(103)}`;
    expect(() => listenUnix(long)).toThrow(/ENAMETOOLONG: .*107 bytes.* has 108/);
    expect(() => connectUnix(long)).toThrow(/ENAMETOOLONG/);
    expect(() => listenUnix("")).toThrow(/ENOENT/);
    expect(() => listenUnix("a\0b")).toThrow(/EINVAL/);
    expect(() => listenUnix(join(folder, "missing", "s"))).toThrow(/ENOENT/);
    expect(countDescriptors()).toBe(before);
  });

  it("hands over connections one by one", () => {
    const path = freshPath();
    const fd = listenUnix(path, { backlog: 1 });
    expect(acceptUnix(fd)).toBe(-Errno.EAGAIN);
    const clients: number[] = [];
    let refused = 0;
    while (refused === 0 && clients.length < 10) {
      const client = connectUnix(path);
      if (client < 0) {
        refused = client;
      } else {
        clients.push(client);
      }
    }
    expect(errnoName(refused)).toBe("EAGAIN");
    const peer = acceptUnix(fd);
    expect(peerCredentials(peer)).toMatchObject({ pid: process.pid, uid: effectiveUid() });
    expect(() => peerCredentials(-1)).toThrow(/EBADF/);
    for (const open of [...clients, peer, fd]) {
      close(open);
    }
    expect(connectUnix(path)).toBe(-Errno.ECONNREFUSED);
    unlinkSync(path);
    expect(connectUnix(path)).toBe(-Errno.ENOENT);
  });
});

describe("passing descriptors", () => {
  it("delivers several, in order, close-on-exec, with the bytes", () => {
    const before = countDescriptors();
    const [near, far] = socketPair();
    using memory = NativeMemory.allocate(4096);
    const event = createEventFd();
    const memfd = memfdCreate("passed");
    pwriteBytes(memfd, Buffer.from("shared"), 0);
    memory.bytes.write("message");
    expect(send(near, memory.address, 7, [event, memfd, near])).toBe(7);
    const fds: number[] = [];
    expect(receive(far, memory.address + 100, 200, fds)).toBe(7);
    expect(memory.bytes.toString("latin1", 100, 107)).toBe("message");
    expect(fds.length).toBe(3);
    expect(new Set([...fds, event, memfd, near]).size).toBe(6);
    signalEventFd(event);
    expect(drainEventFd(fds[0]!)).toBe(1);
    using mapped = NativeMemory.mapShared(fds[1]!, 6, 0);
    expect(mapped.bytes.toString()).toBe("shared");
    expect(send(fds[2]!, memory.address, 1)).toBe(1);
    expect(receive(far, memory.address, 10, fds)).toBe(1);
    expect(fds.length).toBe(3);
    for (const open of [...fds, event, memfd, near, far]) {
      close(open);
    }
    expect(countDescriptors()).toBe(before);
  });

  it("works up to the kernel's limit", () => {
    const before = countDescriptors();
    const [near, far] = socketPair("seqpacket");
    using memory = NativeMemory.allocate(4096);
    const many = new Array<number>(MOST_PASSED_DESCRIPTORS).fill(near);
    expect(send(near, memory.address, 1, many)).toBe(1);
    const fds: number[] = [];
    expect(receive(far, memory.address, 1, fds)).toBe(1);
    expect(fds.length).toBe(MOST_PASSED_DESCRIPTORS);
    expect(send(near, memory.address, 1, [...many, near])).toBe(-Errno.EINVAL);
    expect(send(near, memory.address, 0, [near])).toBe(-Errno.EINVAL);
    expect(send(near, memory.address, 1, [9_999_999])).toBe(-Errno.EBADF);
    for (const open of [...fds, near, far]) {
      close(open);
    }
    expect(countDescriptors()).toBe(before);
  });

  it("tells when not all could be taken, and keeps none", () => {
    const [near, far] = socketPair();
    using memory = NativeMemory.allocate(4096);
    expect(send(near, memory.address, 1, new Array(20).fill(near))).toBe(1);
    const before = countDescriptors();
    const limit = getOpenFileLimit();
    const highest = before + 10;
    expect(setOpenFileLimit(highest)).toBe(0);
    const fds: number[] = [];
    const result = receive(far, memory.address, 1, fds);
    expect(setOpenFileLimit(limit.soft)).toBe(0);
    expect(errnoName(result)).toBe("EMFILE");
    expect(fds).toEqual([]);
    expect(countDescriptors()).toBe(before);
    expect(getOpenFileLimit()).toEqual(limit);
    close(near);
    close(far);
  });
});

describe("sockets", () => {
  it("never block: they say EAGAIN", () => {
    const [near, far] = socketPair();
    using memory = NativeMemory.allocate(65_536);
    expect(receive(near, memory.address, 10, [])).toBe(-Errno.EAGAIN);
    let sent = 0;
    for (let result = 0; result >= 0; result = send(near, memory.address, 65_536)) {
      sent += result;
    }
    expect(sent).toBeGreaterThan(65_535);
    expect(send(near, memory.address, 1)).toBe(-Errno.EAGAIN);
    expect(shutdown(near, SHUT_WR)).toBe(0);
    let got = 0;
    for (let result = 1; result > 0; result = receive(far, memory.address, 65_536, [])) {
      got += result;
    }
    expect(got).toBe(sent + 1);
    close(near);
    expect(send(far, memory.address, 1)).toBe(-Errno.EPIPE);
    close(far);
  });

  it("of whole messages say when one is too long, and keep its descriptors from leaking", () => {
    const before = countDescriptors();
    const [near, far] = socketPair("seqpacket");
    using memory = NativeMemory.allocate(4096);
    send(near, memory.address, 100, [near, near]);
    const fds: number[] = [];
    expect(receive(far, memory.address, 99, fds)).toBe(-Errno.EMSGSIZE);
    expect(fds).toEqual([]);
    close(near);
    close(far);
    expect(countDescriptors()).toBe(before);
  });
});
