import { closeStubPage, emitCall, emitSeekHalves } from "./stub-page.ts";

/** Called with the error of a wrong argument type, else with the kernel's result. */
export type Settle = (error: unknown, result: number) => void;

interface Call0 {
  (): number;
  async(settle: Settle): void;
}
interface Call1 {
  (a: number): number;
  async(a: number, settle: Settle): void;
}
interface Call2 {
  (a: number, b: number): number;
  async(a: number, b: number, settle: Settle): void;
}
interface Call3 {
  (a: number, b: number, c: number): number;
  async(a: number, b: number, c: number, settle: Settle): void;
}
interface Call4 {
  (a: number, b: number, c: number, d: number): number;
  async(a: number, b: number, c: number, d: number, settle: Settle): void;
}
interface Call5 {
  (a: number, b: number, c: number, d: number, e: number): number;
  async(a: number, b: number, c: number, d: number, e: number, settle: Settle): void;
}
interface Call6 {
  (a: number, b: number, c: number, d: number, e: number, f: number): number;
  async(a: number, b: number, c: number, d: number, e: number, f: number, settle: Settle): void;
}
interface Calls {
  0: Call0;
  1: Call1;
  2: Call2;
  3: Call3;
  4: Call4;
  5: Call5;
  6: Call6;
}

function call<Arity extends keyof Calls>(x64: number, arm64: number, arity: Arity): Calls[Arity] {
  return emitCall(x64, arm64, arity) as Calls[Arity];
}

// The number on x64, the number on arm64, how many arguments. Results are the kernel's own: negative is -errno.
export const sysRead: Call3 = call(0, 63, 3);
export const sysWrite: Call3 = call(1, 64, 3);
export const sysClose: Call1 = call(3, 57, 1);
export const sysLseek: Call3 = call(8, 62, 3);
export const sysMmap: Call6 = call(9, 222, 6);
export const sysMunmap: Call2 = call(11, 215, 2);
export const sysIoctl: Call3 = call(16, 29, 3);
export const sysPread64: Call4 = call(17, 67, 4);
export const sysPwrite64: Call4 = call(18, 68, 4);
export const sysSchedYield: Call0 = call(24, 124, 0);
export const sysSocket: Call3 = call(41, 198, 3);
export const sysConnect: Call3 = call(42, 203, 3);
export const sysSendto: Call6 = call(44, 206, 6);
export const sysSendmsg: Call3 = call(46, 211, 3);
export const sysRecvmsg: Call3 = call(47, 212, 3);
export const sysShutdown: Call2 = call(48, 210, 2);
export const sysBind: Call3 = call(49, 200, 3);
export const sysListen: Call2 = call(50, 201, 2);
export const sysGetsockname: Call3 = call(51, 204, 3);
export const sysGetpeername: Call3 = call(52, 205, 3);
export const sysSocketpair: Call4 = call(53, 199, 4);
export const sysSetsockopt: Call5 = call(54, 208, 5);
export const sysGetsockopt: Call5 = call(55, 209, 5);
export const sysFcntl: Call3 = call(72, 25, 3);
export const sysFlock: Call2 = call(73, 32, 2);
export const sysFsync: Call1 = call(74, 82, 1);
export const sysFdatasync: Call1 = call(75, 83, 1);
export const sysFtruncate: Call2 = call(77, 46, 2);
export const sysFchmod: Call2 = call(91, 52, 2);
export const sysUmask: Call1 = call(95, 166, 1);
export const sysGetrusage: Call2 = call(98, 165, 2);
export const sysGeteuid: Call0 = call(107, 175, 0);
export const sysGetegid: Call0 = call(108, 177, 0);
export const sysFstatfs: Call2 = call(138, 44, 2);
export const sysPrctl: Call5 = call(157, 167, 5);
export const sysSetxattr: Call5 = call(188, 5, 5);
export const sysFsetxattr: Call5 = call(190, 7, 5);
export const sysGetxattr: Call4 = call(191, 8, 4);
export const sysFgetxattr: Call4 = call(193, 10, 4);
export const sysListxattr: Call3 = call(194, 11, 3);
export const sysFlistxattr: Call3 = call(196, 13, 3);
export const sysRemovexattr: Call2 = call(197, 14, 2);
export const sysFremovexattr: Call2 = call(199, 16, 2);
export const sysGetdents64: Call3 = call(217, 61, 3);
export const sysEpollCtl: Call4 = call(233, 21, 4);
export const sysOpenat: Call4 = call(257, 56, 4);
export const sysMkdirat: Call3 = call(258, 34, 3);
export const sysMknodat: Call4 = call(259, 33, 4);
export const sysFchownat: Call5 = call(260, 54, 5);
export const sysUnlinkat: Call3 = call(263, 35, 3);
export const sysLinkat: Call5 = call(265, 37, 5);
export const sysSymlinkat: Call3 = call(266, 36, 3);
export const sysReadlinkat: Call4 = call(267, 78, 4);
export const sysFchmodat: Call3 = call(268, 53, 3);
export const sysSyncFileRange: Call4 = call(277, 84, 4);
export const sysUtimensat: Call4 = call(280, 88, 4);
export const sysFallocate: Call4 = call(285, 47, 4);
export const sysAccept4: Call4 = call(288, 242, 4);
export const sysEventfd2: Call2 = call(290, 19, 2);
export const sysEpollCreate1: Call1 = call(291, 20, 1);
export const sysPrlimit64: Call4 = call(302, 261, 4);
export const sysRenameat2: Call5 = call(316, 276, 5);
export const sysMemfdCreate: Call2 = call(319, 279, 2);
export const sysPreadv2: Call6 = call(327, 286, 6);
export const sysPwritev2: Call6 = call(328, 287, 6);
export const sysStatx: Call5 = call(332, 291, 5);
export const sysOpenat2: Call4 = call(437, 437, 4);
export const sysFchmodat2: Call4 = call(452, 452, 4);

/** `(fd, low, high)`: lseek(SEEK_SET) to 64 bits in two halves; 0 or negative errno. */
export const seekHalves: Call3 = emitSeekHalves() as Call3;

closeStubPage();
