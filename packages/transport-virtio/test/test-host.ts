import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Logger,
  MessageHandler,
  TransportEndpoint,
  TransportEvent,
  TransportHost,
} from "@ninefold/core/contracts";
import { virtio } from "../src/index.ts";
import { EchoSession } from "./echo.ts";

/** A host that notes everything, and gives each connection a new echo session. */
export class TestHost implements TransportHost {
  readonly device = "/machine/peripheral/fs0";
  readonly mountTag: string;
  readonly baseDirectory: string;
  readonly events: TransportEvent[] = [];
  readonly lines: string[] = [];
  readonly sessions: EchoSession[] = [];
  readonly maxMessageSizes: number[] = [];
  readonly log: Logger = this.#logger();

  constructor(baseDirectory: string, mountTag = "share") {
    this.baseDirectory = baseDirectory;
    this.mountTag = mountTag;
  }

  get session(): EchoSession {
    return this.sessions.at(-1)!;
  }

  openSession(_: unknown, maxMessageSize: number): MessageHandler {
    this.maxMessageSizes.push(maxMessageSize);
    this.sessions.push(new EchoSession());
    return this.session;
  }

  report(event: TransportEvent): void {
    this.events.push(event);
  }

  #logger(): Logger {
    const note = (level: string) => (text: string, fields?: { readonly error?: unknown }) => {
      const cause = fields?.error instanceof Error ? `: ${fields.error.message}` : "";
      this.lines.push(`${level} ${text}${cause}`);
    };
    const log: Logger = {
      trace: note("trace"),
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
      child: () => log,
    };
    return log;
  }
}

export interface ListeningDevice extends AsyncDisposable {
  readonly host: TestHost;
  readonly endpoint: TransportEndpoint;
  readonly folder: string;
  readonly socket: string;
}

/** A device that listens on `socket` in a folder of its own; everything is gone at the end of the scope. */
export async function listeningDevice(
  options: { mountTag?: string; server?: boolean } = {},
): Promise<ListeningDevice> {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-virtio-"));
  const host = new TestHost(folder, options.mountTag);
  const endpoint: TransportEndpoint = await virtio.open(
    { socket: "socket", server: options.server ?? true },
    host,
  );
  return {
    host,
    endpoint,
    folder,
    socket: join(folder, "socket"),
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What this process has open, as /proc names it. */
export function openDescriptors(): string[] {
  const names: string[] = [];
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      names.push(readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, "N"));
    } catch {
      // The descriptor that lists the folder is gone by now.
    }
  }
  return names.sort();
}

export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited too long for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
