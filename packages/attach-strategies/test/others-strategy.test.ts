import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { aFsdev, anOffer, attachStrategyCompliance, machineOf } from "@ninefold/compliance/attach-strategy";
import { afterAll, describe, expect, it } from "vitest";
import { inventory } from "../../../examples/swap-attach/inventory-strategy.ts";

const server: Server = createServer(({ url }, response) => {
  const answers: Record<string, string> = { "/web/site": '{"fsdev":"fs0"}', "/1/gone": '{"fsdev":"nope"}' };
  response.writeHead(url !== undefined && url in answers ? 200 : 404);
  response.end(answers[url ?? ""] ?? "");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
afterAll(() => void server.close());

const fsdevs = [aFsdev("fs0"), aFsdev("fs1")];

attachStrategyCompliance({ describe, it }, "the example's inventory", {
  strategy: inventory,
  strategyOptions: { inventory: url },
  attaches: [{ offer: anOffer({ domainName: "web", tag: "site" }), machine: { fsdevs }, fsdev: "fs0" }],
  refuses: [
    { offer: anOffer(), machine: { fsdevs }, code: "no-match" },
    { offer: anOffer({ tag: "gone" }), machine: { fsdevs }, code: "no-match" },
    { offer: anOffer({ tag: undefined }), machine: { fsdevs }, code: "incomplete-offer" },
  ],
});

it("refuses while the inventory does not answer", async () => {
  const decision = await inventory.match(anOffer(), machineOf({ fsdevs }), {
    inventory: "http://127.0.0.1:1/",
  });
  expect(decision).toMatchObject({
    code: "failed",
    reason: "the inventory does not answer at http://127.0.0.1:1/",
  });
});
