import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSocket, mount } from "@ninefold/client";
import type { KernelStatus } from "@ninefold/core";
import { expect, it } from "vitest";
import { askServer } from "../src/control/client.ts";
import { RunningNinefold } from "./run-ninefold.ts";

it("with --restart, an fsdev whose process was killed can be mounted again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-restart-"));
  mkdirSync(join(folder, "share"));
  const [socket, control] = [join(folder, "nine"), join(folder, "control")];
  const server = new RunningNinefold([
    ...["-fsdev", `local,id=fs0,path=${folder}/share,security_model=none`, "--restart"],
    ...["-listen", `unix:${socket},fsdev=fs0`, "--control", control, "--log-level", "silent"],
  ]);
  await server.serving();
  const laneOf = async () => ((await askServer(control, "status")) as KernelStatus).lanes[0];
  const killed = (await laneOf())?.pid ?? 0;
  {
    await using tree = await mount(await connectSocket({ path: socket }));
    process.kill(killed, "SIGKILL");
    await expect(tree.writeFile("lost", "x")).rejects.toThrow();
  }
  await expect.poll(async () => (await laneOf())?.state, { timeout: 20_000 }).toBe("running");
  expect((await laneOf())?.pid).not.toBe(killed);
  {
    await using tree = await mount(await connectSocket({ path: socket }));
    await tree.writeFile("kept", "after all");
  }
  expect(readFileSync(join(folder, "share", "kept"), "utf8")).toBe("after all");
  server.child.kill("SIGTERM");
  expect(await server.ended()).toBe(0);
  expect(readdirSync(folder)).toEqual(["share"]);
  rmSync(folder, { recursive: true });
});
