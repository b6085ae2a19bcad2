/**
 * Every message of 9P2000.L and 9P2000.u, in the notation of the specification's manual pages: `name[n]` is a little-endian number
 * of n bytes, `[s]` a string (a 2-byte length and that many bytes), `[13]` a qid, `data[count]` as many bytes as the
 * field `count` says, and `n*(…)` is repeated n times. `size[4] type[1] tag[2]` comes before all of them.
 *
 * The first number of a line is `type`. Ids are those of diod's protocol.md, QEMU's 9p.h and Linux's 9p.h, which agree.
 */
export const MESSAGES = {
  Rlerror: [7, "ecode[4]"],
  Tstatfs: [8, "fid[4]"],
  Rstatfs: [9, "type[4] bsize[4] blocks[8] bfree[8] bavail[8] files[8] ffree[8] fsid[8] namelen[4]"],
  Tlopen: [12, "fid[4] flags[4]"],
  Rlopen: [13, "qid[13] iounit[4]"],
  Tlcreate: [14, "fid[4] name[s] flags[4] mode[4] gid[4]"],
  Rlcreate: [15, "qid[13] iounit[4]"],
  Tsymlink: [16, "dfid[4] name[s] target[s] gid[4]"],
  Rsymlink: [17, "qid[13]"],
  Tmknod: [18, "dfid[4] name[s] mode[4] major[4] minor[4] gid[4]"],
  Rmknod: [19, "qid[13]"],
  Trename: [20, "fid[4] dfid[4] name[s]"],
  Rrename: [21, ""],
  Treadlink: [22, "fid[4]"],
  Rreadlink: [23, "target[s]"],
  Tgetattr: [24, "fid[4] request_mask[8]"],
  Rgetattr: [
    25,
    "valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8] size[8] blksize[8] blocks[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8] ctime_sec[8] ctime_nsec[8] btime_sec[8] btime_nsec[8] gen[8] data_version[8]",
  ],
  Tsetattr: [
    26,
    "fid[4] valid[4] mode[4] uid[4] gid[4] size[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]",
  ],
  Rsetattr: [27, ""],
  Txattrwalk: [30, "fid[4] newfid[4] name[s]"],
  Rxattrwalk: [31, "size[8]"],
  Txattrcreate: [32, "fid[4] name[s] attr_size[8] flags[4]"],
  Rxattrcreate: [33, ""],
  Treaddir: [40, "fid[4] offset[8] count[4]"],
  Rreaddir: [41, "count[4] data[count]"],
  Tfsync: [50, "fid[4] datasync[4]"],
  Rfsync: [51, ""],
  Tlock: [52, "fid[4] type[1] flags[4] start[8] length[8] proc_id[4] client_id[s]"],
  Rlock: [53, "status[1]"],
  Tgetlock: [54, "fid[4] type[1] start[8] length[8] proc_id[4] client_id[s]"],
  Rgetlock: [55, "type[1] start[8] length[8] proc_id[4] client_id[s]"],
  Tlink: [70, "dfid[4] fid[4] name[s]"],
  Rlink: [71, ""],
  Tmkdir: [72, "dfid[4] name[s] mode[4] gid[4]"],
  Rmkdir: [73, "qid[13]"],
  Trenameat: [74, "olddirfid[4] oldname[s] newdirfid[4] newname[s]"],
  Rrenameat: [75, ""],
  Tunlinkat: [76, "dirfd[4] name[s] flags[4]"],
  Runlinkat: [77, ""],
  Tversion: [100, "msize[4] version[s]"],
  Rversion: [101, "msize[4] version[s]"],
  Tauth: [102, "afid[4] uname[s] aname[s] n_uname[4]"],
  Rauth: [103, "aqid[13]"],
  Tattach: [104, "fid[4] afid[4] uname[s] aname[s] n_uname[4]"],
  Rattach: [105, "qid[13]"],
  Rerror: [107, "ename[s] errno[4]"],
  Tflush: [108, "oldtag[2]"],
  Rflush: [109, ""],
  Twalk: [110, "fid[4] newfid[4] nwname[2] nwname*(wname[s])"],
  Rwalk: [111, "nwqid[2] nwqid*(wqid[13])"],
  Topen: [112, "fid[4] mode[1]"],
  Ropen: [113, "qid[13] iounit[4]"],
  Tcreate: [114, "fid[4] name[s] perm[4] mode[1] extension[s]"],
  Rcreate: [115, "qid[13] iounit[4]"],
  Tread: [116, "fid[4] offset[8] count[4]"],
  Rread: [117, "count[4] data[count]"],
  Twrite: [118, "fid[4] offset[8] count[4] data[count]"],
  Rwrite: [119, "count[4]"],
  Tclunk: [120, "fid[4]"],
  Rclunk: [121, ""],
  Tremove: [122, "fid[4]"],
  Rremove: [123, ""],
  Tstat: [124, "fid[4]"],
  Rstat: [125, "nstat[2] stat[nstat]"],
  Twstat: [126, "fid[4] nstat[2] stat[nstat]"],
  Rwstat: [127, ""],
} as const;

export type MessageName = keyof typeof MESSAGES;

/** The record that Rreaddir's data is made of. */
export const DIRECTORY_ENTRY = "qid[13] offset[8] type[1] name[s]" as const;

/**
 * The record of an object in 9P2000.u, behind its own `size[2]`: what `stat[nstat]` holds one of, and Rread's data of a
 * directory many.
 */
export const STAT =
  "type[2] dev[4] qid[13] mode[4] atime[4] mtime[4] length[8] name[s] uid[s] gid[s] muid[s] extension[s] n_uid[4] n_gid[4] n_muid[4]" as const;

/** `size[4] type[1] tag[2]`. */
export const HEADER_SIZE = 7;
/** Rlerror: the shortest room in which anything can be refused, and what comes before the data of Rread. */
export const RLERROR_SIZE = 11;
/** Rerror with a number and no text, in 9P2000.u. */
export const RERROR_SIZE = 13;
/** What comes before the data of Twrite, and of Rread and Rreaddir. */
export const TWRITE_HEADER_SIZE = 23;
export const RREAD_HEADER_SIZE = 11;
/** What comes before Rstat's record. */
export const RSTAT_HEADER_SIZE = 9;
/** What the specification takes off msize for the header of a read or write, whichever is longer (P9_IOHDRSZ). */
export const IO_HEADER_SIZE = 24;
/** Values that `type[1]` can have. */
export const MESSAGE_TYPES = 256;
export const NOTAG = 0xffff;
export const NOFID = 0xffff_ffff;
/** Names in one Twalk, at most (P9_MAXWELEM). */
export const MAX_WALK = 16;
/** Smallest msize that is served: Linux's client and QEMU's server have the same bound. */
export const MIN_MESSAGE_SIZE = 4096;
