import { describe, expect, it } from "vitest";
import { QmpSession } from "../../src/xen-dm/qmp-session.ts";

describe("a QMP conversation", () => {
  function begin() {
    const told: string[] = [];
    const state = { quits: 0 };
    const chardevs = [{ label: "libxl-cmd", filename: "x", "frontend-open": true }];
    const machine = { name: "web", version: "1.2.3", chardevs, quit: () => void state.quits++ };
    const session = new QmpSession(machine, (text) => void told.push(text));
    const say = (text: string): boolean => session.take(Buffer.from(text));
    const replies = (): unknown[] => told.map((text) => JSON.parse(text));
    return { told, state, say, replies };
  }

  it("begins with the greeting that libxl waits for, in a line", () => {
    const { told, replies } = begin();
    const version = { qemu: { major: 10, minor: 0, micro: 0 }, package: "ninefold 1.2.3" };
    expect(replies()).toEqual([{ QMP: { version, capabilities: [] } }]);
    expect(told[0]).toMatch(/\r\n$/);
  });

  it("wants the negotiation first, and once", () => {
    const { say, replies } = begin();
    say(
      '{"execute":"query-status","id":1}{"execute":"qmp_capabilities","id":2}{"execute":"qmp_capabilities"}',
    );
    expect(replies().slice(1)).toEqual([
      {
        error: {
          class: "CommandNotFound",
          desc: "Expecting capabilities negotiation with 'qmp_capabilities'",
        },
        id: 1,
      },
      { return: {}, id: 2 },
      { error: { class: "CommandNotFound", desc: "The command qmp_capabilities has not been found" } },
    ]);
  });

  it("answers what libxl and xenstat ask", () => {
    const { say, replies } = begin();
    say('{"execute":"qmp_capabilities"}');
    const commands = ["query-chardev", "query-command-line-options", "query-status", "query-name"];
    const all = [...commands, "query-version", "query-blockstats", "query-vnc"];
    for (const [id, execute] of all.entries()) say(JSON.stringify({ execute, id }));
    expect(replies().slice(2)).toEqual([
      { return: [{ label: "libxl-cmd", filename: "x", "frontend-open": true }], id: 0 },
      { return: [], id: 1 },
      { return: { status: "running", running: true }, id: 2 },
      { return: { name: "web" }, id: 3 },
      { return: { qemu: { major: 10, minor: 0, micro: 0 }, package: "ninefold 1.2.3" }, id: 4 },
      { return: [], id: 5 },
      { return: { enabled: false }, id: 6 },
    ]);
  });

  it("takes requests in pieces, several at once, with braces in text, and with nothing between them", () => {
    const { say, replies } = begin();
    const text =
      '{"execute":"qmp_capabilities","id":"}{\\"\\\\"} \r\n{"execute":"query-block","id":[{"a":{}}]}';
    for (const character of text) say(character);
    expect(replies().slice(1)).toEqual([
      { return: {}, id: '}{"\\' },
      { return: [], id: [{ a: {} }] },
    ]);
  });

  it("quits when it is asked to, and not before it has said so", () => {
    const { say, state, replies } = begin();
    say('{"execute":"quit"}');
    expect(state.quits).toBe(0);
    say('{"execute":"qmp_capabilities"}{"execute":"quit","id":7}');
    expect(state.quits).toBe(1);
    expect(replies().at(-1)).toEqual({ return: {}, id: 7 });
  });

  it.each([
    ["{nonsense}", { class: "GenericError", desc: "JSON parse error, Invalid JSON syntax" }],
    ['{"execute":{}}', { class: "GenericError", desc: "QMP input lacks member 'execute'" }],
    ['{"execute":"constructor"}', { class: "CommandNotFound", desc: expect.stringContaining("constructor") }],
  ])("refuses %s, and goes on", (text, error) => {
    const { say, replies } = begin();
    say('{"execute":"qmp_capabilities"}');
    expect(say(text)).toBe(true);
    say('{"execute":"query-block"}');
    expect(replies().slice(2)).toEqual([{ error }, { return: [] }]);
  });

  it("cuts off a request that does not end", () => {
    const { say } = begin();
    expect(say(`{"execute":"${"x".repeat(60_000)}`)).toBe(true);
    expect(say("x".repeat(10_000))).toBe(false);
  });
});
