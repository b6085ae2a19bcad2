// What a server may do that is no root: prints what became of each attempt as one line of JSON.
import { readdirSync } from "node:fs";
import { Attributes, type FsNode, IoVec, OPEN, S_IFCHR, S_IFIFO } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";

const [path = ""] = process.argv.slice(2);
const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const env = { fsdev: "fs0", log, baseDirectory: "/" };
const rest = { path, readonly: false, multidevs: "remap" } as const;
const user = { name: "", uid: -1 };

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "none",
    (error: { code?: unknown }) => error.code,
  );
}

async function statOf(node: FsNode): Promise<Attributes> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return attributes;
}

const passthrough = await localFs.open({ ...rest, security_model: "passthrough" }, env);
const none = await localFs.open({ ...rest, security_model: "none" }, env);
const strict = await passthrough.attach("", user);
const root = await none.attach("", user);
const other = { mode: 0o640, uid: 1234, gid: 1234 };
const own = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

const before = readdirSync(path);
const passthroughOther = [
  await codeOf(strict.create("other", OPEN.WRITE, other)),
  await codeOf(strict.mkdir("other", other)),
  await codeOf(strict.symlink("other", "x", other)),
  await codeOf(strict.mknod("other", 0, { ...other, mode: S_IFIFO | 0o600 })),
];
const leftBehind = readdirSync(path).filter((name) => !before.includes(name));
const ownFile = await strict.create("own", OPEN.WRITE, own);
await ownFile.file.close();

const made = await root.create("of-none", OPEN.READ_WRITE, other);
const madeStat = await statOf(made.node);
await root.unlink("of-none", false);
await made.file.write(0, IoVec.of(new TextEncoder().encode("still")));
const room = new Uint8Array(5);
await made.file.read(0, IoVec.of(room));
await root.create("of-none", OPEN.WRITE, other).then(({ file }) => file.close());

const setId = await root.create("set-id", OPEN.WRITE, { ...own, mode: 0o4755 });
await setId.file.write(0, IoVec.of(new Uint8Array(1)));
const secret = await root.lookup("secret");
const owner = { session: "s", clientId: "c", processId: 1 };

const result = {
  passthroughOther,
  leftBehind,
  passthroughOwn: (await statOf(ownFile.node)).uid,
  noneOther: [madeStat.uid, madeStat.mode & 0o7777],
  chownNone: await codeOf(ownFile.node.setattr({ uid: 1234 }, undefined)),
  device: await codeOf(root.mknod("c", 0x0103, { ...own, mode: S_IFCHR | 0o600 })),
  fifo: await codeOf(root.mknod("p", 0, { ...own, mode: S_IFIFO | 0o600 })),
  readSecret: await codeOf(secret.open(OPEN.READ)),
  unlinkedWorks: new TextDecoder().decode(room),
  setId: (await statOf(setId.node)).mode & 0o7777,
  lock: await made.node.lock(owner, { type: "write", start: 0, length: 0 }),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await passthrough.close();
await none.close();
