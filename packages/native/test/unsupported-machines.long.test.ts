import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const native = fileURLToPath(new URL("../src/index.ts", import.meta.url));

function runOn(platform: string, arch: string, code: string): string {
  const disguise = `
    Object.defineProperty(process, "platform", { value: ${JSON.stringify(platform)} });
    Object.defineProperty(process, "arch", { value: ${JSON.stringify(arch)} });
    const native = await import(${JSON.stringify(native)});
    const attempt = async (call) => { try { return await call(); } catch (error) { return error.code + " | " + error.message; } };
    ${code}`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", disguise], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  return run.stdout;
}

it.each([
  ["darwin", "arm64"],
  ["win32", "x64"],
  ["linux", "riscv64"],
])("on %s %s the import works and every call says one clear thing", (platform, arch) => {
  const output = runOn(
    platform,
    arch,
    `console.log(native.isSupported, native.O_CREAT, native.errnoName(2));
     for (const call of [
       () => native.assertSupported(),
       () => native.openat(native.AT_FDCWD, "/", 0),
       () => native.asyncFiles.openat(native.AT_FDCWD, "/", 0),
       () => native.asyncFiles.fsync(1),
       () => native.NativeMemory.allocate(4096),
       () => native.memfdCreate("x"),
       () => new native.StatxBuffer(),
       () => native.addressOf(new Uint8Array(1)),
       () => native.listenUnix("/tmp/x"),
       () => native.watchReadable(0, () => {}),
       () => native.getOpenFileLimit(),
     ]) console.log(await attempt(call));`,
  );
  const lines = output.trim().split("\n");
  expect(lines.shift()).toBe("false 64 ENOENT");
  expect(lines.length).toBe(11);
  for (const line of lines) {
    expect(line).toMatch(/^ERR_NATIVE_UNSUPPORTED \| system calls are not available: this is /);
    expect(line).toContain(`${platform} on ${arch}`);
    expect(line).toContain("work everywhere");
  }
});

it("where nothing works, nothing is polled", () => {
  const output = runOn(
    "linux",
    "riscv64",
    `let looks = 0;
     const poller = native.busyPoll.join(() => { looks++; return true; }, 1000);
     poller.linger();
     poller.linger();
     setTimeout(() => console.log(looks), 5);`,
  );
  expect(output.trim()).toBe("0");
});
