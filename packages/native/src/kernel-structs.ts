import { setU64 } from "./struct-fields.ts";

/** struct open_how */
export const OPEN_HOW_LENGTH = 24;

export function putOpenHow(view: DataView, flags: number, mode: number, resolve: number): void {
  setU64(view, 0, flags);
  setU64(view, 8, mode);
  setU64(view, 16, resolve);
}

/** struct timespec[2] */
export function putTimes(
  view: DataView,
  atimeSec: number,
  atimeNsec: number,
  mtimeSec: number,
  mtimeNsec: number,
): void {
  setU64(view, 0, atimeSec);
  setU64(view, 8, atimeNsec);
  setU64(view, 16, mtimeSec);
  setU64(view, 24, mtimeNsec);
}

/** The kernel's encoding of a device number in 32 bits. */
export function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** The way to what a descriptor refers to for calls that know only paths: it works for O_PATH and never meets a name again. */
export function procPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
