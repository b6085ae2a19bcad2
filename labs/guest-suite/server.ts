import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/ninefold/src/bin.ts", import.meta.url));

/** The `ninefold` command on a fresh folder, as its user runs it. Disposing ends it and removes the folder. */
export class ServedFolder implements AsyncDisposable {
  /** What is shared. */
  readonly share: string;
  readonly #base: string;
  #child: ChildProcess | undefined;
  #log = "";

  readonly #openFiles: number | undefined;

  /** `openFiles` is the command's limit of open files; unless given, that of this process. */
  constructor(openFiles?: number) {
    this.#openFiles = openFiles;
    this.#base = mkdtempSync(join(tmpdir(), "ninefold-suite-"));
    this.share = mkdtempSync(join(this.#base, "share-"));
    // Guests have users that are not the folder's owner.
    chmodSync(this.share, 0o755);
  }

  /** A path for a socket, beside the share. */
  socket(name: string): string {
    return join(this.#base, `${name}.sock`);
  }

  /** Starts the command with these arguments and waits until it says that it serves. */
  async start(...args: string[]): Promise<void> {
    const command = [process.execPath, "--conditions=@ninefold/source", BIN, ...args];
    const limit = this.#openFiles === undefined ? "" : `ulimit -n ${this.#openFiles}; `;
    const child = spawn("sh", ["-c", `${limit}exec "$@"`, "sh", ...command], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let output = "";
    const serving = new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk;
        if (/^serving/m.test(output)) resolve();
      });
      child.once("exit", (code, signal) =>
        reject(new Error(`ninefold ended (${code ?? signal}): ${output}${this.#log}`)),
      );
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.#log += chunk;
    });
    await serving;
    this.output = output;
  }

  /** What it printed before it served. */
  output = "";

  get log(): string {
    return this.#log;
  }

  /** Ends it as Ctrl-C does; returns its exit status. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const exit = once(child, "exit");
    child.kill("SIGINT");
    await exit;
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#base, { recursive: true, force: true });
  }
}
