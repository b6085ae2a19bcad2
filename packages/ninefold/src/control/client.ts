import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { ConfigError } from "@ninefold/core";

/** Asks a server that runs, by its control socket. Throws ConfigError when nobody answers, or with what it answers. */
export async function askServer(path: string, command: string): Promise<unknown> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    socket.write(`${JSON.stringify({ id: 1, command })}\n`);
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as { readonly result?: unknown; readonly error?: string };
      if (reply.error === undefined) return reply.result;
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
