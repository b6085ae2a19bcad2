import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { ConfigError, type Mistake } from "@ninefold/core";

interface Reply {
  readonly result?: unknown;
  readonly error?: string;
  readonly mistakes?: readonly Mistake[];
}

/**
 * Asks a server that runs, by its control socket; `given` are the command's arguments. Throws ConfigError when nobody answers, or
 * with what it answers.
 */
export async function askServer(path: string, command: string, given: object = {}): Promise<unknown> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    socket.write(`${JSON.stringify({ id: 1, command, arguments: given })}\n`);
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as Reply;
      if (reply.error === undefined) return reply.result;
      const [first, ...others] = reply.mistakes ?? [];
      if (first !== undefined) throw new ConfigError(first, others);
      throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: `--control ${path}`, problem: reply.error });
    }
    throw new Error("the connection ended without an answer");
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const problem = `no server answers there: ${cause instanceof Error ? cause.message : String(cause)}`;
    const hint = "start it with the same --control PATH (or control: in its configuration)";
    throw new ConfigError(
      { code: "ERR_CONFIG_VALUE", path: `--control ${path}`, value: path, problem, hint },
      [],
      { cause },
    );
  } finally {
    socket.destroy();
  }
}
