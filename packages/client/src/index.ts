/**
 * A 9P2000.L client, over any channel that carries messages.
 *
 * ```ts
 * import { connectSocket, mount } from "@ninefold/client";
 *
 * await using tree = await mount(await connectSocket({ path: "/run/share.sock" }));
 * await tree.mkdir("notes");
 * await tree.writeFile("notes/today.txt", "hello\n");
 * for (const { name, type } of await tree.readdir("notes")) console.log(type, name);
 * ```
 *
 * A `Channel` carries messages: `connectSocket` and `streamChannel` make one of a socket or any stream, a connection of
 * `@ninefold/transport-memory` is one. A `Client` speaks single messages, typed by the engine's table:
 *
 * ```ts
 * const { wqid } = await tree.client.rpc("Twalk", { fid: tree.root, newfid: 7, wname: ["notes"] });
 * ```
 *
 * Errors are `FsError`s: the server's own, EPROTO when it breaks the protocol, EIO when the connection ends. What it
 * says is checked before it is used: sizes, names, tags, counts.
 *
 * @packageDocumentation
 */
export type { Channel } from "./channel.ts";
export {
  Client,
  connectClient,
  type DialectName,
  type ReplyName,
  type RequestName,
  type RpcOptions,
} from "./client.ts";
export { attach, Mount, type MountOptions, mount } from "./mount.ts";
export {
  attributesOf,
  type FileType,
  type RemoteAttributes,
  setattrOf,
  type Timestamp,
} from "./remote-attributes.ts";
export type { DirectoryItem } from "./remote-directory.ts";
export type { RemoteFile } from "./remote-file.ts";
export { connectSocket, streamChannel } from "./stream-channel.ts";
