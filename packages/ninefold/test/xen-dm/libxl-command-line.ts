/** libxl's command lines for a PV guest's device model, as Xen 4.20 gives them (device_model_override, device_model_args_pv). */

/** What can it do? `fd` is a socket that listens. */
export function probeLine(fd: number): string[] {
  return [
    ...["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none,accel=xen"],
    ...["-chardev", `socket,id=libxl-cmd,fd=${fd},server=on,wait=off`],
    ...["-mon", "chardev=libxl-cmd,mode=control"],
  ];
}

export interface GuestLine {
  readonly domid: number;
  /** Where libxl wants its sockets; /var/run/xen there. */
  readonly run: string;
  /** device_model_args_pv. */
  readonly args: readonly string[];
}

export function guestLine({ domid, run, args }: GuestLine): string[] {
  return [
    ...["-xen-domid", String(domid), "-no-shutdown"],
    ...["-chardev", `socket,id=libxl-cmd,path=${run}/qmp-libxl-${domid},server=on,wait=off`],
    ...["-mon", "chardev=libxl-cmd,mode=control"],
    ...["-chardev", `socket,id=libxenstat-cmd,path=${run}/qmp-libxenstat-${domid},server=on,wait=off`],
    ...["-mon", "chardev=libxenstat-cmd,mode=control"],
    ...["-nodefaults", "-no-user-config", "-xen-attach", "-name", `guest-${domid}`],
    ...["-vnc", "none", "-display", "none", "-nographic", "-machine", "xenpv"],
    ...args,
    ...["-m", "160"],
  ];
}
