import assert from "node:assert/strict";
import type {
  PeerInfo,
  Transport,
  TransportEndpoint,
  TransportEvent,
  TransportHost,
} from "@ninefold/core/contracts";
import { type PrintLine, skip, type TestContext, type TestRunner } from "../runner.ts";
import { sameBytes } from "../same-bytes.ts";
import { silent } from "../silent-logger.ts";
import { ECHO, EchoHandler, echoMessage, echoOf } from "./served-echo.ts";

/** The guest's end of a conversation. A client's channel and the front ends of `…/testing` are one. */
export interface ClientEnd {
  /** Sends a T-message and resolves with its reply; rejects when the conversation ends before. */
  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array>;
  close(): Promise<void>;
  /** The guest begins anew on the same connection, where the transport knows such a thing. */
  reset?(): Promise<void>;
}

/** What the suite is told of a transport. */
export interface TransportComplianceOptions<Options> {
  readonly transport: Transport<Options>;
  /** Options of a device of its own, as a user writes them, for each test. */
  options(): Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
  /** A new conversation with the device of these options. */
  connect(options: Readonly<Record<string, unknown>>): Promise<ClientEnd>;
  /** What is left of a closed device, such as files and descriptors: none may be. Not looked at unless given. */
  leftovers?(options: Readonly<Record<string, unknown>>): readonly string[] | Promise<readonly string[]>;
  /** True when one device carries one conversation at a time. */
  readonly oneConnection?: boolean;
  /** Largest message in bytes to try: 256 KiB, or what the transport carries if that is less. */
  readonly largestMessage?: number;
  /** How long anything may take that must happen, in milliseconds: 5000 unless given. */
  readonly patienceMs?: number;
  readonly print?: PrintLine;
}

/** Everything that a transport must keep, as tests of `runner` under `name`. */
export function transportCompliance<Options>(
  runner: TestRunner,
  name: string,
  options: TransportComplianceOptions<Options>,
): void {
  const { transport, patienceMs = 5000 } = options;
  const { until, within } = patience(patienceMs);
  const withDevice = (title: string, run: (device: ServedDevice) => Promise<void>): void => {
    runner.it(title, async () => {
      const device = await serveDevice(options);
      try {
        await run(device);
      } finally {
        await device.close();
      }
    });
  };

  runner.describe(`${name}: the contribution`, () => {
    runner.it("names itself and the device types that it serves", async () => {
      assert.match(transport.name, /^[a-z0-9][a-z0-9_-]*$/i);
      assert.ok(transport.description.length > 0);
      assert.ok(transport.deviceTypes.length > 0);
    });
    runner.it("refuses a key that it does not know", async () => {
      const given = { ...(await options.options()), "compliance-typo": "x" };
      const { issues = [] } = await transport.schema["~standard"].validate(given);
      assert.ok(
        JSON.stringify(issues).includes("compliance-typo"),
        "an unknown key must be an issue that names it",
      );
    });
  });

  runner.describe(`${name}: messages`, () => {
    withDevice("a message and its reply", async ({ connect }) => {
      const end = await connect();
      sameBytes(await end.request(echoMessage(1, 23)), echoOf(echoMessage(1, 23)));
      await end.close();
    });

    withDevice("messages of all sizes, up to the largest", async ({ connect, largest }) => {
      const end = await connect();
      for (const length of [7, 8, 23, 4095, 4096, 4097, 16_384, 65_537, await largest()]) {
        if (length > (await largest())) continue;
        const message = echoMessage(length & 0xff, length);
        sameBytes(await end.request(message, length), echoOf(message), `${length} bytes`);
      }
      await end.close();
    });

    withDevice("the session is told what the transport carries", async ({ connect, sizes }) => {
      const end = await connect();
      await end.request(echoMessage(1, 30));
      assert.ok((sizes[0] ?? 0) >= 4096, "no 9P client works with less than 4096 bytes");
      await end.close();
    });

    withDevice("many at once, answered now and later", async ({ connect }) => {
      const end = await connect();
      const messages = Array.from({ length: 60 }, (_, tag) => echoMessage(tag, 30 + tag * 37, tag % 2));
      const replies = await Promise.all(messages.map((message) => end.request(message)));
      assert.deepEqual(replies, messages.map(echoOf));
      await end.close();
    });

    withDevice("answers come in any order", async ({ connect, handlers }) => {
      const end = await connect();
      const order: number[] = [];
      const asked = [1, 2, 3].map(async (tag) => {
        const message = echoMessage(tag, 30, ECHO.HELD);
        sameBytes(await end.request(message), echoOf(message));
        order.push(tag);
      });
      const all = Promise.all(asked);
      // Whoever fails before it is awaited fails for its own reason.
      all.catch(() => {});
      await until(() => handlers[0]?.held === 3, "three messages reach the handler");
      const quick = echoMessage(9, 30);
      assert.deepEqual(await end.request(quick), echoOf(quick), "a held one holds up no other");
      handlers[0]?.release();
      await all;
      assert.deepEqual(order.sort(), [1, 2, 3]);
      await end.close();
    });
  });

  runner.describe(`${name}: beginnings and ends`, () => {
    withDevice(
      "connects and disconnects are reported, and the session is closed once",
      async ({ connect, events, handlers }) => {
        const end = await connect();
        await end.request(echoMessage(1, 30));
        assert.deepEqual(
          events.map(({ kind }) => kind),
          ["connect"],
        );
        await end.close();
        await until(() => events.length === 2, "the disconnect is reported");
        const last = events[1];
        assert.ok(last?.kind === "disconnect" && last.reason !== "");
        assert.deepEqual(
          handlers.map(({ closes }) => closes),
          [1],
        );
      },
    );

    withDevice("a new client is served after one has left", async ({ connect }) => {
      for (let round = 0; round < 5; round++) {
        const end = await connect();
        sameBytes(await end.request(echoMessage(round, 40)), echoOf(echoMessage(round, 40)));
        await end.close();
      }
    });

    runner.it("two clients at once have sessions of their own", async (context?: TestContext) => {
      if (options.oneConnection === true) {
        return skip(
          options.print ?? console.info,
          `${name}: two clients at once`,
          "a device carries one conversation",
          context,
        );
      }
      const device = await serveDevice(options);
      try {
        const [one, other] = [await device.connect(), await device.connect()];
        await Promise.all([one.request(echoMessage(1, 30)), other.request(echoMessage(1, 30))]);
        assert.equal(device.handlers.length, 2);
        await one.close();
        sameBytes(await other.request(echoMessage(2, 30)), echoOf(echoMessage(2, 30)));
        await other.close();
      } finally {
        await device.close();
      }
    });

    withDevice("BROKEN is answered by nothing, and the next client is served", async (device) => {
      const end = await device.connect();
      const outcome = end.request(echoMessage(1, 30, ECHO.BROKEN)).then(
        () => "a reply",
        () => "an end",
      );
      // A device with a ring may only stop it, which its guest sees as silence.
      assert.notEqual(await Promise.race([outcome, silence()]), "a reply");
      await end.close();
      await until(() => device.handlers[0]?.closes === 1, "its session is closed");
      await until(() => device.events.some(({ kind }) => kind === "disconnect"), "it is reported");
      const next = await device.connect();
      sameBytes(await next.request(echoMessage(2, 30)), echoOf(echoMessage(2, 30)));
      await next.close();
    });

    withDevice("a client that leaves in the middle takes nothing with it", async ({ connect, handlers }) => {
      const end = await connect();
      const pending = end.request(echoMessage(1, 30, ECHO.HELD)).catch(() => "gone");
      await until(() => handlers[0]?.held === 1, "the message reaches the handler");
      await end.close();
      await within(pending);
      // A transport may wait for what the handler still has in hand, whose memory it keeps.
      handlers[0]?.release();
      await until(() => handlers[0]?.closes === 1, "its session is closed");
      const next = await connect();
      await next.request(echoMessage(2, 30));
      await next.close();
    });

    runner.it("a reset goes on with the same session", async (context?: TestContext) => {
      const device = await serveDevice(options);
      try {
        const end = await device.connect();
        if (end.reset === undefined) {
          return skip(
            options.print ?? console.info,
            `${name}: a reset`,
            "the client end has no reset",
            context,
          );
        }
        await end.request(echoMessage(1, 30));
        await end.reset();
        await until(() => device.handlers[0]?.resets === 1, "the session is reset");
        sameBytes(await end.request(echoMessage(2, 30)), echoOf(echoMessage(2, 30)));
        await end.close();
      } finally {
        await device.close();
      }
    });

    runner.it("close ends what is under way and leaves nothing", async () => {
      const given = await options.options();
      const before = (await options.leftovers?.(given)) ?? [];
      const device = await serveDevice(options, given);
      const end = await device.connect();
      const pending = end.request(echoMessage(1, 30, ECHO.HELD)).catch(() => "gone");
      await until(() => device.handlers[0]?.held === 1, "the message reaches the handler");
      const closing = device.close();
      setTimeout(() => device.handlers[0]?.release(), 20);
      await within(closing);
      await within(pending);
      await end.close();
      assert.ok(
        device.handlers.every(({ closes }) => closes === 1),
        "every session is closed, once",
      );
      assert.deepEqual((await options.leftovers?.(given)) ?? [], before);
      await assert.rejects(async () => (await options.connect(given)).request(echoMessage(1, 30)));
    });

    withDevice("says how to use it", async ({ endpoint }) => {
      for (const { title, text } of endpoint.usage) assert.ok(title !== "" && text !== "");
    });
  });
}

interface ServedDevice {
  readonly endpoint: TransportEndpoint;
  readonly handlers: EchoHandler[];
  readonly sizes: number[];
  readonly events: TransportEvent[];
  readonly connect: () => Promise<ClientEnd>;
  /** Bytes of the largest message to try; opens a conversation to learn it. */
  readonly largest: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function serveDevice<Options>(
  { transport, options, connect, largestMessage = 256 * 1024 }: TransportComplianceOptions<Options>,
  fixed?: Readonly<Record<string, unknown>>,
): Promise<ServedDevice> {
  const given = fixed ?? (await options());
  const checked = await transport.schema["~standard"].validate(given);
  if (checked.issues !== undefined)
    throw new TypeError(`the transport refuses its options: ${JSON.stringify(checked.issues)}`);
  const handlers: EchoHandler[] = [];
  const sizes: number[] = [];
  const events: TransportEvent[] = [];
  const host: TransportHost = {
    device: "/machine/peripheral/compliance",
    mountTag: "compliance",
    log: silent,
    baseDirectory: process.cwd(),
    openSession(_peer: PeerInfo, maxMessageSize: number) {
      const handler = new EchoHandler();
      handlers.push(handler);
      sizes.push(maxMessageSize);
      return handler;
    },
    report: (event) => void events.push(event),
  };
  const endpoint = await transport.open(checked.value, host);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    handlers,
    sizes,
    events,
    connect: async () => plainBytes(await connect(given)),
    largest: async () => Math.min(largestMessage, sizes[0] ?? largestMessage),
    close: () => (closing ??= endpoint.close()),
  };
}

/** Replies as plain byte arrays, whatever kind the client end gives. */
function plainBytes(end: ClientEnd): ClientEnd {
  return {
    request: async (message, room) => Uint8Array.from(await end.request(message, room)),
    close: () => end.close(),
    ...(end.reset && { reset: async () => end.reset?.() }),
  };
}

async function silence(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve("silence"), 200));
}

/** Waiting, but not for ever. */
function patience(ms: number): {
  until(condition: () => boolean, what: string): Promise<void>;
  within<Value>(work: Promise<Value>): Promise<Value>;
} {
  return {
    async until(condition, what) {
      for (const end = Date.now() + ms; !condition(); ) {
        if (Date.now() > end) assert.fail(`it never happened that ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    async within(work) {
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error(`no answer and no end within ${ms} ms`)), ms);
      try {
        return await Promise.race([work, promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
