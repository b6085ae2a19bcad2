import { RLERROR_SIZE } from "../codec/messages.ts";
import { getattr, setattr } from "../handlers/attributes.ts";
import { getlock, lock } from "../handlers/lock.ts";
import { link, mkdir, mknod, readlink, symlink } from "../handlers/make.ts";
import { lcreate, lopen } from "../handlers/open.ts";
import { read } from "../handlers/read.ts";
import { readdir } from "../handlers/readdir.ts";
import { unlinkat } from "../handlers/remove.ts";
import { rename, renameat } from "../handlers/rename.ts";
import { fsync } from "../handlers/sync.ts";
import { xattrcreate, xattrwalk } from "../handlers/xattr.ts";
import type { Dialect } from "../session/dialect.ts";
import { handlerTable, SHARED_HANDLERS } from "./handler-table.ts";
import { putRlerror } from "./none.ts";
import { replyRoom } from "./room.ts";

/** 9P2000.L: what Linux's client speaks unless it is told otherwise. */
export const DIALECT_L: Dialect = {
  version: "9P2000.L",
  handlers: handlerTable({
    ...SHARED_HANDLERS,
    Tlopen: lopen,
    Tlcreate: lcreate,
    Tread: read,
    Treaddir: readdir,
    Tgetattr: getattr,
    Tsetattr: setattr,
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
  }),
  room: replyRoom(RLERROR_SIZE),
  leastRoom: RLERROR_SIZE,
  putError: putRlerror,
};
