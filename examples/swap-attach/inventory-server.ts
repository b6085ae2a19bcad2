import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const GUESTS: Readonly<Record<string, string>> = { "/web/site": "xen9p0", "/web/logs": "xen9p1" };

/** The inventory, on a free port of loopback. */
export async function serveInventory(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(({ url = "" }, response) => {
    const fsdev = GUESTS[url];
    response.writeHead(fsdev === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(fsdev === undefined ? {} : { fsdev }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, server };
}
