import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** The command as its user runs it, from sources. */
export class RunningNinefold {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], options: { readonly uid?: number; readonly input?: string } = {}) {
    const { uid, input } = options;
    this.child = spawn(process.execPath, ["--conditions=@ninefold/source", BIN, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "" },
      ...(uid !== undefined && { uid, gid: uid }),
    });
    this.child.stdin?.end(input ?? "");
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  /** Waits until it serves, or has ended. */
  async serving(): Promise<void> {
    while (!/^serving/m.test(this.stdout) && this.child.exitCode === null) {
      await Promise.race([once(this.child.stdout ?? this.child, "data"), once(this.child, "exit")]);
    }
  }

  /** Its exit status. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}
