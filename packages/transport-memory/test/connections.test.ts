import {
  BROKEN,
  type Exchange,
  type MessageHandler,
  PENDING,
  type PeerInfo,
  type TransportEvent,
  type TransportHost,
} from "@ninefold/core/contracts";
import plugin, { connect, connectTo, memoryTransport } from "@ninefold/transport-memory";
import { describe, expect, test } from "vitest";

const noLog = Object.fromEntries(
  ["trace", "debug", "info", "warn", "error"].map((level) => [level, () => {}]),
) as unknown as TransportHost["log"];

/** Answers with the request's bytes: at once, later (first byte 1), or not at all (first byte 2). */
class Echo implements MessageHandler {
  readonly later: ((length?: number) => void)[] = [];
  exchanges = new Set<Exchange>();
  resets = 0;
  closed = 0;

  handle(exchange: Exchange): number {
    this.exchanges.add(exchange);
    const bytes = new Uint8Array(exchange.request.length);
    exchange.request.gather(0, bytes, 0, bytes.length);
    if (bytes[0] === 2) return BROKEN;
    const length = exchange.reply.scatter(0, bytes, 0, bytes.length);
    if (bytes[0] !== 1) return length;
    this.later.push((other) => exchange.complete(other ?? length));
    return PENDING;
  }

  async reset(): Promise<void> {
    this.resets++;
    for (const complete of this.later.splice(0)) complete(0);
  }

  async close(): Promise<void> {
    this.closed++;
    for (const complete of this.later.splice(0)) complete();
  }
}

const message = (first: number, last = 0): Uint8Array => Uint8Array.of(first, 0, 0, 0, 0, 0, last);

describe("a connection", () => {
  test("answers at once or later, in any order", async () => {
    const echo = new Echo();
    const connection = connectTo(echo, 1024);
    const slow = [1, 2, 3].map((last) => connection.request(message(1, last)));
    expect(await connection.request(message(0, 9))).toEqual(message(0, 9));
    for (const complete of echo.later.splice(0).reverse()) complete();
    expect(await Promise.all(slow)).toEqual([1, 2, 3].map((last) => message(1, last)));
  });

  test("uses its exchanges again and gives replies away for good", async () => {
    const echo = new Echo();
    const connection = connectTo(echo, 1024);
    const first = await connection.request(message(0, 1));
    await connection.request(message(0, 2));
    expect(echo.exchanges.size).toBe(1);
    expect(first).toEqual(message(0, 1));
  });

  test("gives the room for the reply that it was asked for", async () => {
    const connection = connectTo(new Echo(), 1024);
    await connection.request(message(0));
    expect(await connection.request(message(0), 5)).toHaveLength(5);
    await expect(connection.request(new Uint8Array(1025))).rejects.toMatchObject({ code: "EMSGSIZE" });
  });

  test("ends, and fails what is under way, when the protocol is broken", async () => {
    const echo = new Echo();
    let reason = "";
    const connection = connectTo(echo, 1024, (why) => {
      reason = why;
    });
    await expect(connection.request(message(2))).rejects.toMatchObject({ code: "EIO" });
    await expect(connection.request(message(0))).rejects.toMatchObject({ code: "EIO" });
    expect([echo.closed, reason]).toEqual([1, "the peer broke the protocol"]);
  });

  test("waits for what is under way when it is closed, and closes once", async () => {
    const echo = new Echo();
    const connection = connectTo(echo, 1024);
    const slow = connection.request(message(1));
    await Promise.all([connection.close(), connection.close()]);
    expect(await slow).toEqual(message(1));
    expect(echo.closed).toBe(1);
  });

  test("begins anew when the guest reboots: what was under way has no reply", async () => {
    const echo = new Echo();
    const connection = connectTo(echo, 1024);
    const lost = connection.request(message(1));
    await Promise.all([connection.reset(), expect(lost).rejects.toMatchObject({ code: "EIO" })]);
    expect(echo.resets).toBe(1);
    expect(await connection.request(message(0))).toEqual(message(0));
  });
});

describe("a 9p-memory device", () => {
  function host(events: TransportEvent[]): TransportHost {
    return {
      device: "d0",
      mountTag: "tag",
      log: noLog,
      baseDirectory: "/",
      openSession: (_peer: PeerInfo) => new Echo(),
      report: (event) => events.push(event),
    };
  }

  test("is found by its name while it is open", async () => {
    const events: TransportEvent[] = [];
    expect(() => connect("a")).toThrow('no 9p-memory device is named "a"');
    const endpoint = await memoryTransport.open({ name: "a" }, host(events));
    const [one, two] = [connect("a"), connect("a")];
    expect(await two.request(message(0))).toEqual(message(0));
    await expect(memoryTransport.open({ name: "a" }, host([]))).rejects.toThrow(/another .* named "a"/);
    await one.close();
    await endpoint.close();
    await expect(two.request(message(0))).rejects.toMatchObject({ code: "EIO" });
    expect(() => connect("a")).toThrow();
    expect(events.map((event) => event.kind)).toEqual(["connect", "connect", "disconnect", "disconnect"]);
    expect(endpoint.usage[0]?.text).toBe('connect("a")');
  });

  test.each([[{}], [{ name: "" }], [{ name: "a", path: "/b" }]])(
    "refuses the options %j",
    async (options) => {
      expect(await memoryTransport.schema["~standard"].validate(options)).toHaveProperty("issues");
    },
  );

  test("is what the plugin contributes", () => {
    const registered: unknown[] = [];
    plugin.register({ register: (_token, value) => registered.push(value) });
    expect(registered).toEqual([memoryTransport]);
    expect(plugin.contributes).toEqual({ transport: [memoryTransport.name] });
  });
});
