/** One file of an initramfs. `device` is the major and minor number of a character device. */
export interface CpioEntry {
  readonly path: string;
  readonly mode: number;
  readonly data?: string | Uint8Array;
  readonly device?: readonly [number, number];
}

const S_IFDIR = 0o040000;
const NO_DEVICE: readonly [number, number] = [0, 0];
const padding = (length: number): Buffer => Buffer.alloc(-length & 3);

/**
 * A cpio archive in the form that Linux unpacks at boot ("newc"). Folders above each entry are added. The kernel reads
 * archives laid end to end, later files replacing earlier ones, so one run's files go behind a shared base.
 */
export function cpioOf(entries: readonly CpioEntry[]): Buffer {
  const chunks: Buffer[] = [];
  const made = new Set<string>();
  let inode = 0;

  const add = (path: string, mode: number, data: Buffer, [major, minor]: readonly [number, number]): void => {
    inode += 1;
    const name = Buffer.from(`${path}\0`);
    const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    const header = Buffer.from(
      `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`,
    );
    chunks.push(header, name, padding(header.length + name.length), data, padding(data.length));
  };

  for (const { path, mode, data = "", device = NO_DEVICE } of entries) {
    const parts = path.replace(/^\/+/, "").split("/");
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join("/");
      if (!made.has(folder)) add(folder, S_IFDIR | 0o755, Buffer.alloc(0), NO_DEVICE);
      made.add(folder);
    }
    add(parts.join("/"), mode, Buffer.from(data as Uint8Array), device);
  }
  add("TRAILER!!!", 0, Buffer.alloc(0), NO_DEVICE);
  return Buffer.concat(chunks);
}
