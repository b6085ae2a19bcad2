import { createInterface } from "node:readline/promises";
import type { Mount } from "@ninefold/client";

type Verb = (mount: Mount, words: readonly string[]) => Promise<string>;

const VERBS: Readonly<Record<string, Verb>> = {
  ls: async (mount, [path = ""]) =>
    (await mount.readdir(path))
      .map(({ name, type }) => (type === "directory" ? `${name}/` : name))
      .join("\n"),
  cat: async (mount, [path = ""]) =>
    new TextDecoder().decode(await mount.readFile(path, 1 << 20)).replace(/\n$/, ""),
  put: async (mount, [path = "", ...text]) => {
    await mount.writeFile(path, `${text.join(" ")}\n`);
    return `wrote ${path}`;
  },
  stat: async (mount, [path = ""]) => {
    const { type, mode, uid, gid, size, mtime } = await mount.stat(path);
    const bits = (mode & 0o7777).toString(8).padStart(4, "0");
    return `${type} ${bits} uid ${uid} gid ${gid} ${size} bytes, modified ${new Date(mtime.sec * 1000).toISOString()}`;
  },
  help: async () => "ls [PATH], cat PATH, put PATH TEXT…, stat PATH, exit",
};

/** A small guest's shell on standard input, until `exit` or its end. */
export async function runShell(mount: Mount): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: "guest> " });
  terminal.on("SIGINT", () => terminal.close());
  terminal.prompt();
  for await (const line of terminal) {
    const [verb, ...words] = line.trim().split(/\s+/);
    if (verb === "exit") break;
    if (verb) process.stdout.write(`${await answer(mount, verb, words)}\n`);
    terminal.prompt();
  }
  terminal.close();
}

async function answer(mount: Mount, verb: string, words: readonly string[]): Promise<string> {
  const action = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (action === undefined) return `unknown: ${verb}; there are ${Object.keys(VERBS).join(", ")}, exit`;
  try {
    return await action(mount, words);
  } catch (error) {
    return `${verb}: ${(error as Error).message}`;
  }
}
