import { MESSAGE_TYPES, MESSAGES, type MessageName } from "../codec/messages.ts";
import { attach, auth } from "../handlers/attach.ts";
import { getattr, setattr, statfs } from "../handlers/attributes.ts";
import { clunk } from "../handlers/clunk.ts";
import { flush } from "../handlers/flush.ts";
import { getlock, lock } from "../handlers/lock.ts";
import { link, mkdir, mknod, readlink, symlink } from "../handlers/make.ts";
import { lcreate, lopen } from "../handlers/open.ts";
import { read } from "../handlers/read.ts";
import { readdir } from "../handlers/readdir.ts";
import { remove, unlinkat } from "../handlers/remove.ts";
import { rename, renameat } from "../handlers/rename.ts";
import { fsync } from "../handlers/sync.ts";
import { version } from "../handlers/version.ts";
import { walk } from "../handlers/walk.ts";
import { write } from "../handlers/write.ts";
import { xattrcreate, xattrwalk } from "../handlers/xattr.ts";
import type { Dialect, Handler } from "../session/dialect.ts";
import { putRlerror } from "./none.ts";
import { replyRoom } from "./room.ts";

const byName: Partial<Record<MessageName, Handler>> = {
  Tversion: version,
  Tauth: auth,
  Tattach: attach,
  Tflush: flush,
  Twalk: walk,
  Tlopen: lopen,
  Tlcreate: lcreate,
  Tread: read,
  Twrite: write,
  Treaddir: readdir,
  Tclunk: clunk,
  Tremove: remove,
  Tgetattr: getattr,
  Tsetattr: setattr,
  Tstatfs: statfs,
  Tfsync: fsync,
  Tmkdir: mkdir,
  Tmknod: mknod,
  Tsymlink: symlink,
  Treadlink: readlink,
  Tlink: link,
  Trename: rename,
  Trenameat: renameat,
  Tunlinkat: unlinkat,
  Txattrwalk: xattrwalk,
  Txattrcreate: xattrcreate,
  Tlock: lock,
  Tgetlock: getlock,
};

const handlers = new Array<Handler | undefined>(MESSAGE_TYPES).fill(undefined);
for (const [name, handler] of Object.entries(byName)) handlers[MESSAGES[name as MessageName][0]] = handler;

/** 9P2000.L: what Linux's client speaks unless it is told otherwise. */
export const DIALECT_L: Dialect = {
  version: "9P2000.L",
  handlers,
  room: replyRoom(),
  putError: putRlerror,
};
