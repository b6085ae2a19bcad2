import { expect, test } from "vitest";
import { until } from "./helpers.ts";
import { describeLoad, serveUnix } from "./load-cases.ts";

describeLoad("by system calls");

test.skipIf(process.platform === "win32")(
  "a peer that is there and silent costs nothing to end",
  async () => {
    const { host, peer } = await serveUnix();
    await until(() => host.events.length === 1);
    peer.socket.destroy();
    await until(() => host.events.length === 2);
    expect(host.events[1]).toMatchObject({ kind: "disconnect", reason: "closed by the peer" });
  },
);
