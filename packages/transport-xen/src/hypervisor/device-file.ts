import { AT_FDCWD, addressOf, close, errnoName, ioctl, O_NONBLOCK, O_RDWR, openat } from "@ninefold/native";
import { HypervisorError } from "./hypervisor.ts";

/** One of the kernel's devices below /dev/xen. */
export class DeviceFile {
  readonly fd: number;
  readonly #path: string;

  /** Throws HypervisorError: ENOENT without Xen or the module, EACCES without the right. */
  constructor(path: string, module: string) {
    const fd = openat(AT_FDCWD, path, O_RDWR | O_NONBLOCK);
    if (fd < 0) {
      const code = errnoName(fd);
      const mend =
        code === "EACCES"
          ? "it needs root, or rights on that file"
          : `is this a domain of Xen, with ${module}?`;
      throw new HypervisorError(code, `cannot open ${path} (${code}): ${mend}`);
    }
    this.fd = fd;
    this.#path = path;
  }

  /** The request's result, with `argument` filled in by the kernel. Throws HypervisorError; `what` is what was wanted. */
  request(number: number, argument: Uint8Array, what: string): number {
    const result = ioctl(this.fd, number, addressOf(argument));
    if (result < 0) {
      const code = errnoName(result);
      throw new HypervisorError(code, `${this.#path} cannot ${what} (${code})`);
    }
    return result;
  }

  close(): void {
    close(this.fd);
  }
}
