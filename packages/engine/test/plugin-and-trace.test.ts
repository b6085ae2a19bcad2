import { API_VERSION, ENGINE, type Engine, type Token } from "@ninefold/core/contracts";
import plugin, { createEngine } from "@ninefold/engine";
import { memoryTree } from "@ninefold/fs-memory";
import { expect, it } from "vitest";
import { Session } from "../src/session/session.ts";
import { Guest, sessionOptions } from "./support/guest.ts";
import { Gate, heldTree } from "./support/held-tree.ts";
import { bytesOf } from "./support/text.ts";

it("the plugin registers the engine that it announces", async () => {
  const registered: [string, string][] = [];
  const register = <Value>(token: Token<Value>, value: Value): void => {
    registered.push([token.name, (value as Engine).name]);
  };
  plugin.register({ register });
  expect(plugin.apiVersion).toBe(API_VERSION);
  expect(registered).toEqual([[ENGINE.name, "9p2000.L"]]);
  expect(plugin.contributes).toEqual({ [ENGINE.name]: ["9p2000.L"] });
});

it("an engine's session is a session", async () => {
  const session = createEngine().createSession(sessionOptions(await memoryTree()));
  expect(session).toBeInstanceOf(Session);
  await session.close();
});

it("a trace shows every message as a line, also refused and late ones", async () => {
  const lines: string[] = [];
  const guest = await Guest.attached(await memoryTree(), { trace: (line) => lines.push(line) });
  await guest.walk(0, 1);
  await guest.rpc("Tlcreate", { fid: 1, name: "é", flags: 0o102, mode: 0o644, gid: 0 });
  await guest.rpc("Twrite", { fid: 1, offset: 0, data: bytesOf("text") });
  await guest.errno("Twalk", { fid: 0, newfid: 2, wname: ["none"] });
  guest.sendBytes(new Uint8Array([9, 0, 0, 0, 110, 1, 0, 2, 3]), 100);
  expect(lines.slice(-10)).toEqual([
    "> Twalk tag 1 fid 0 newfid 1 wname []",
    "< Rwalk tag 1 wqid []",
    '> Tlcreate tag 2 fid 1 name "é" flags 0102 mode 0644 gid 0',
    "< Rlcreate tag 2 qid (00 1 2) iounit 61440",
    "> Twrite tag 3 fid 1 offset 0 data 4 bytes",
    "< Rwrite tag 3 count 4",
    '> Twalk tag 4 fid 0 newfid 2 wname ["none"]',
    "< Rlerror tag 4 ecode 2",
    "> Twalk of 9 bytes, malformed: cut off at byte 9",
    "< Rlerror tag 1 ecode 71",
  ]);
  expect(lines[0]).toBe('> Tversion tag 65535 msize 65536 version "9P2000.L"');
});

it("a trace that throws harms nobody", async () => {
  const trace = (): never => {
    throw new Error("the tracer's own");
  };
  const guest = await Guest.attached(heldTree(await memoryTree(), new Gate()), { trace });
  await guest.rpc("Tstatfs", { fid: 0 });
});
