import { duplexPair } from "node:stream";
import { type Channel, connectClient, mount, streamChannel } from "@ninefold/client";
import { decodeMessage, encodeMessage, type Message, type MessageName } from "@ninefold/engine/codec";
import { describe, expect, test } from "vitest";

const qid = { type: 0x80, version: 0, path: 1n };
const lopen = (tag: number) => encodeMessage("Rlopen", tag, { qid, iounit: 0 });

/** Answers every message with what a server would say to it, but for those that `answers` says. */
function server(answers: Partial<Record<MessageName, (request: Message) => Uint8Array>>): Channel {
  const polite: Partial<Record<MessageName, (request: Message) => Uint8Array>> = {
    Tversion: ({ tag }) => encodeMessage("Rversion", tag, { msize: 8192, version: "9P2000.L" }),
    Tattach: ({ tag }) => encodeMessage("Rattach", tag, { qid }),
    Twalk: ({ tag, fields }) =>
      encodeMessage("Rwalk", tag, { wqid: (fields as { wname: string[] }).wname.map(() => qid) }),
    Tlopen: ({ tag }) => lopen(tag),
    Tclunk: ({ tag }) => encodeMessage("Rclunk", tag, {}),
  };
  return {
    maxMessageSize: 65_536,
    async request(bytes) {
      const request = decodeMessage(bytes);
      const answer = answers[request.type] ?? polite[request.type];
      return answer?.(request) ?? encodeMessage("Rlerror", request.tag, { ecode: 95 });
    },
    async close() {},
  };
}

function entry(name: string, offset: bigint): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const record = Buffer.alloc(24 + bytes.length);
  record.writeBigUInt64LE(offset, 13);
  record[21] = 8;
  record.writeUInt16LE(bytes.length, 22);
  record.set(bytes, 24);
  return record;
}

const broken = expect.objectContaining({ code: "EPROTO" });

describe("a server that breaks the protocol is not believed:", () => {
  test.each([
    ["a larger msize than was asked for", { msize: 65_537, version: "9P2000.L" }],
    ["an msize of nothing", { msize: 24, version: "9P2000.L" }],
    ["another version", { msize: 8192, version: "9P2000.u" }],
    ["no version", { msize: 8192, version: "unknown" }],
  ])("%s", async (_, version) => {
    const channel = server({ Tversion: ({ tag }) => encodeMessage("Rversion", tag, version) });
    await expect(mount(channel)).rejects.toEqual(broken);
  });

  test.each<[string, MessageName, (request: Message) => Uint8Array]>([
    ["another tag", "Tgetattr", ({ tag }) => encodeMessage("Rlerror", tag + 1, { ecode: 2 })],
    ["a reply to another message", "Tgetattr", ({ tag }) => encodeMessage("Rclunk", tag, {})],
    ["a message that ends early", "Tgetattr", ({ tag }) => encodeMessage("Rclunk", tag, {}).subarray(0, 5)],
    [
      "a reply of more than msize",
      "Tgetattr",
      ({ tag }) => encodeMessage("Rread", tag, { data: new Uint8Array(8192) }),
    ],
    ["more qids than names", "Twalk", ({ tag }) => encodeMessage("Rwalk", tag, { wqid: [qid, qid, qid] })],
  ])("%s", async (_, type, answer) => {
    const tree = await mount(server({ [type]: answer }));
    await expect(tree.stat("a/b")).rejects.toEqual(broken);
  });

  test("more data than was asked for", async () => {
    const tree = await mount(
      server({ Tread: ({ tag }) => encodeMessage("Rread", tag, { data: new Uint8Array(11) }) }),
    );
    await expect((await tree.open("f")).read(0, 10)).rejects.toEqual(broken);
  });

  test("more written than was sent, or nothing", async () => {
    let count = 11;
    const tree = await mount(server({ Twrite: ({ tag }) => encodeMessage("Rwrite", tag, { count }) }));
    const file = await tree.open("f", 2);
    await expect(file.write(0, new Uint8Array(10))).rejects.toEqual(broken);
    count = 0;
    await expect(file.write(0, new Uint8Array(10))).rejects.toMatchObject({ code: "EIO" });
  });

  test.each([
    ["with a slash", "../../etc/passwd"],
    ["without a name", ""],
    ["with a NUL", "a\0b"],
  ])("an entry %s", async (_, name) => {
    const tree = await mount(
      server({ Treaddir: ({ tag }) => encodeMessage("Rreaddir", tag, { data: entry(name, 1n) }) }),
    );
    await expect(tree.readdir("d")).rejects.toEqual(broken);
  });

  test("a directory that never goes on, or is cut off", async () => {
    let data = entry("a", 7n);
    const tree = await mount(server({ Treaddir: ({ tag }) => encodeMessage("Rreaddir", tag, { data }) }));
    await expect(tree.readdir("d")).rejects.toEqual(broken);
    data = entry("abc", 7n).subarray(0, 25);
    await expect(tree.readdir("d")).rejects.toEqual(broken);
  });

  test("an attribute of gigabytes", async () => {
    const tree = await mount(
      server({ Txattrwalk: ({ tag }) => encodeMessage("Rxattrwalk", tag, { size: 1 << 30 }) }),
    );
    await expect(tree.getXattr("f", "user.a")).rejects.toEqual(broken);
  });

  test("an error of no name, which is said with its number", async () => {
    const tree = await mount(
      server({ Tgetattr: ({ tag }) => encodeMessage("Rlerror", tag, { ecode: 4000 }) }),
    );
    await expect(tree.stat("f")).rejects.toMatchObject({ code: "EIO", message: "Tgetattr: error 4000" });
  });
});

describe("a channel", () => {
  test("that fails is an I/O error with its cause, and so is a request that comes back without an answer", async () => {
    const cause = new Error("the cable is out");
    const tree = await mount(
      server({
        Tgetattr() {
          throw cause;
        },
        Tstatfs: () => new Uint8Array(0),
      }),
    );
    await expect(tree.stat("f")).rejects.toMatchObject({ code: "EIO", cause });
    await expect(tree.statfs()).rejects.toMatchObject({ code: "EIO" });
  });
});

describe("short replies", () => {
  test("are no end: reading goes on until there is nothing more", async () => {
    const content = Buffer.from("the whole content of a file");
    const tree = await mount(
      server({
        Tread({ tag, fields }) {
          const { offset } = fields as { offset: bigint };
          return encodeMessage("Rread", tag, { data: content.subarray(Number(offset), Number(offset) + 4) });
        },
      }),
    );
    expect(Buffer.from(await tree.readFile("f"))).toEqual(content);
  });

  test("are no loss: writing goes on with what was left", async () => {
    const written = Buffer.alloc(10);
    const tree = await mount(
      server({
        Twrite({ tag, fields }) {
          const { offset, data } = fields as { offset: bigint; data: Uint8Array };
          written.set(data.subarray(0, 3), Number(offset));
          return encodeMessage("Rwrite", tag, { count: Math.min(3, data.length) });
        },
      }),
    );
    await (await tree.open("f", 2)).write(0, Buffer.from("0123456789"));
    expect(written.toString()).toBe("0123456789");
  });
});

describe("a stream channel", () => {
  const version = encodeMessage("Tversion", 0xffff, { msize: 8192, version: "9P2000.L" });

  test.each([
    ["a reply that nobody waits for", encodeMessage("Rclunk", 5, {})],
    ["a message of 3 bytes", Uint8Array.of(3, 0, 0, 0)],
    ["a message of gigabytes", Uint8Array.of(0, 0, 0, 0x80)],
  ])("ends when the server sends %s", async (_, bytes) => {
    const [ours, theirs] = duplexPair();
    const channel = streamChannel(ours);
    const reply = channel.request(version);
    theirs.write(bytes);
    await expect(reply).rejects.toEqual(broken);
    await expect(channel.request(version)).rejects.toEqual(broken);
    expect(ours.destroyed).toBe(true);
  });

  test("fails what is under way when the server goes away", async () => {
    const [ours, theirs] = duplexPair();
    const connecting = connectClient(streamChannel(ours));
    theirs.end();
    await expect(connecting).rejects.toMatchObject({ code: "EIO" });
  });

  test("puts replies together that come byte by byte", async () => {
    const [ours, theirs] = duplexPair();
    const channel = streamChannel(ours);
    const first = channel.request(encodeMessage("Tclunk", 1, { fid: 0 }));
    const second = channel.request(encodeMessage("Tclunk", 2, { fid: 1 }));
    const replies = [encodeMessage("Rlerror", 2, { ecode: 5 }), encodeMessage("Rclunk", 1, {})];
    for (const byte of Buffer.concat(replies)) {
      theirs.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all([first, second])).toEqual(replies.reverse().map((each) => new Uint8Array(each)));
    await channel.close();
  });
});
