import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { attachDevice, serveXenStore } from "@ninefold/transport-xen/testing";
import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

describe("the control socket", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-control-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function status(...args: string[]): Promise<RunningNinefold> {
    const asked = new RunningNinefold(["status", ...args]);
    await asked.ended();
    return asked;
  }

  it("tells fsdevs, devices, lanes, offers and refusals, to its owner only, and is gone at the end", async () => {
    const store = new MemoryXenStore();
    const xenstored = await serveXenStore(store, join(folder, "xenstored"));
    onTestFinished(() => xenstored.close());
    await attachDevice(store, { domid: 3, devid: 0, tag: "nope", path: "/srv/x" });
    const control = join(folder, "control");
    const server = new RunningNinefold([
      ...["-xen-attach", "--attach", "steal", "--xenstore", join(folder, "xenstored"), "--control", control],
      ...["-fsdev", "memory,id=m", "-device", "virtio-9p-pci,id=d0,fsdev=m,mount_tag=data"],
      ...["-device", "xen-9p,fsdev=m,mount_tag=data", "-listen", `unix:${folder}/nine,fsdev=m`],
      ...["--log-level", "silent"],
    ]);
    await server.serving();
    expect(server.stderr).toBe("");
    expect(statSync(control).mode & 0o777).toBe(0o600);

    const { stdout } = await status("--control", control);
    expect(stdout).toContain('/machine/peripheral/d0: virtio-9p-pci of m as "data", realized\n');
    expect(stdout).toMatch(/lanes\n {2}m: pid \d+, running\n/);
    expect(stdout).toContain(
      'offer xen_9pfs/3/0 to guest 3: tag "nope", path "/srv/x", security_model "none"\n',
    );
    expect(stdout).toContain("    refused, no-match (steal: no device fits");
    expect(stdout).toContain('unmatched-entry: no offer with the tag "data"');

    const asked = await status("--control", control, "--json");
    expect(JSON.parse(asked.stdout)).toMatchObject({
      pid: server.child.pid,
      state: "running",
      fsdevs: [{ id: "m", driver: "memory" }],
      xen: { offers: [{ state: "refused", code: "no-match", candidates: ["/machine/peripheral/d0"] }] },
    });
    expect(await store.read("/local/domain/0/backend/xen_9pfs/3/0/state")).toBe("6");
    expect(await store.read("/local/domain/0/backend/xen_9pfs/3/0/error")).toContain("no device fits");

    server.child.kill("SIGINT");
    expect(await server.ended()).toBe(0);
    expect(readdirSync(folder)).toEqual(["xenstored"]);
    expect(await store.read("/local/domain/0/libxl/xen-9pfs/state")).toBeUndefined();
  });

  it("bears whatever is sent to it", async () => {
    const control = join(folder, "control");
    const server = new RunningNinefold([
      "-listen",
      `unix:${folder}/n,fsdev=m`,
      "-fsdev",
      "memory,id=m",
      "--control",
      control,
    ]);
    await server.serving();
    const socket = connect(control);
    const replies: unknown[] = [];
    createInterface({ input: socket }).on("line", (line) => replies.push(JSON.parse(line)));
    socket.write('nonsense\n[]\n7\n{"id":1,"command":"constructor"}\n{"id":2,"command":"status"}\n');
    await expect.poll(() => replies.length).toBe(5);
    expect(replies).toMatchObject([
      { error: "a request is one line of JSON" },
      { error: expect.stringMatching(/^there is no command undefined; commands: status, /) },
      { error: "a request is an object" },
      { id: 1, error: expect.stringMatching(/^there is no command "constructor"; commands: status, /) },
      { id: 2, result: { state: "running" } },
    ]);
    const flood = connect(control);
    flood.on("error", () => {});
    flood.write("x".repeat(200_000));
    await new Promise((resolve) => flood.once("close", resolve));
    expect((await status("--control", control)).stdout).toContain("running");
    socket.destroy();
    server.child.kill("SIGTERM");
    expect(await server.ended()).toBe(0);
  });

  it("says when nobody answers, and when it is not said whom to ask", async () => {
    const absent = await status("--control", join(folder, "none"));
    expect(await absent.ended()).toBe(2);
    expect(absent.stderr).toContain("no server answers there: connect ENOENT");
    expect((await status()).stderr).toContain("it is not said whom to ask; give the server's --control PATH");
  });
});
