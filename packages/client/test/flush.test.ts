import { type Channel, connectClient } from "@ninefold/client";
import { decodeMessage, encodeMessage, type Message } from "@ninefold/engine/codec";
import { expect, test } from "vitest";

interface Sent {
  readonly request: Message;
  readonly answer: (reply: Uint8Array) => void;
}

/** A channel that answers when the test says so. */
async function held(): Promise<{ client: Awaited<ReturnType<typeof connectClient>>; sent: Sent[] }> {
  const sent: Sent[] = [];
  const channel: Channel = {
    maxMessageSize: 8192,
    request(bytes) {
      const request = decodeMessage(bytes);
      if (request.type === "Tversion") {
        return Promise.resolve(encodeMessage("Rversion", request.tag, request.fields));
      }
      return new Promise((answer) => sent.push({ request, answer }));
    },
    async close() {},
  };
  return { client: await connectClient(channel), sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a flushed request rejects with EINTR once the server has flushed it", async () => {
  const { client, sent } = await held();
  const abort = new AbortController();
  const reading = client.rpc("Tread", { fid: 1, offset: 0, count: 10 }, { signal: abort.signal });
  let settled = false;
  reading.catch(() => {
    settled = true;
  });
  abort.abort();
  await turn();
  expect(sent[1]?.request).toMatchObject({ type: "Tflush", fields: { oldtag: sent[0]?.request.tag } });
  expect(settled).toBe(false);
  sent[1]?.answer(encodeMessage("Rflush", sent[1].request.tag, {}));
  await expect(reading).rejects.toMatchObject({ code: "EINTR" });
});

test("a reply that is faster than the flush counts, and the tag is not used again before Rflush", async () => {
  const { client, sent } = await held();
  const abort = new AbortController();
  const reading = client.rpc("Tread", { fid: 1, offset: 0, count: 10 }, { signal: abort.signal });
  abort.abort();
  await turn();
  const { tag } = sent[0]!.request;
  sent[0]?.answer(encodeMessage("Rread", tag, { data: Uint8Array.of(7) }));
  await turn();
  void client.rpc("Tclunk", { fid: 2 });
  await turn();
  expect(sent[2]?.request.tag).not.toBe(tag);
  sent[1]?.answer(encodeMessage("Rflush", sent[1].request.tag, {}));
  expect(await reading).toEqual({ data: Uint8Array.of(7) });
  void client.rpc("Tclunk", { fid: 3 });
  await turn();
  expect([tag, sent[1]?.request.tag]).toContain(sent[3]?.request.tag);
});

test("a request whose signal has fired already is never sent", async () => {
  const { client, sent } = await held();
  await expect(client.rpc("Tclunk", { fid: 1 }, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(sent).toEqual([]);
});

test("values that 9P cannot say are refused before anything is sent", async () => {
  const { client, sent } = await held();
  await expect(client.rpc("Tclunk", { fid: -1 })).rejects.toMatchObject({ code: "EINVAL" });
  await expect(client.rpc("Twrite", { fid: 1, offset: 0, data: new Uint8Array(9000) })).rejects.toMatchObject(
    { code: "EMSGSIZE" },
  );
  expect(sent).toEqual([]);
});
