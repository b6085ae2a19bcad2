import { decodeDevice, decodeName, S_IFDIR, S_IFLNK, S_IFMT } from "@ninefold/core";
import {
  AT_REMOVEDIR,
  close,
  Errno,
  fsync,
  futimens,
  linkat,
  mkdirat,
  mknodat,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_WRONLY,
  openat,
  pwriteBytes,
  renameat2,
  symlinkat,
  unlinkat,
} from "@ninefold/native";
import type { Form } from "../forms/form.ts";
import { FMODE } from "../forms/native.ts";
import type { HostEntry } from "../host-entry.ts";
import { fileIn } from "../read-file.ts";
import { isDevice, type Shown } from "../shown.ts";
import { need } from "../tree-error.ts";
import { namesIn, openRoot } from "../walk.ts";

/** A folder in the root of a tree that is being converted: what is half made, and how far it has come. */
export const STAGING_NAME = ".ninefold-convert";

const STATE = "state.json";
const MAKING = "making";
const MOVING = "moving";

/** Objects are made here, where nobody looks, and get to their places whole. */
export class Staging implements Disposable {
  readonly #folder: HostEntry;
  readonly #root: HostEntry;

  constructor(root: HostEntry) {
    this.#root = root;
    const made = mkdirat(root.fd, STAGING_NAME, 0o700);
    // Its making has changed the root's times: set back at once, they are right also for whoever takes it up again.
    if (made === 0) this.#setTimes(root, root.times);
    else if (made !== -Errno.EEXIST) need(made, `${root.path}/${STAGING_NAME}`, "making it");
    const folder = root.open(STAGING_NAME);
    if (folder === undefined) throw new TypeError("the staging folder is gone");
    this.#folder = folder;
    if (made === 0) this.noteTimes(root);
  }

  static stateIn(root: HostEntry): string | undefined {
    using folder = root.open(STAGING_NAME);
    const bytes = folder && fileIn(folder, STATE, 4096);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  saveState(text: string): void {
    this.#makeFile(MAKING, new TextEncoder().encode(text), true);
    need(
      renameat2(this.#folder.fd, MAKING, this.#folder.fd, STATE, 0),
      this.#folder.path,
      "noting the state",
    );
    this.#folder.reading((fd) => need(fsync(fd), this.#folder.path, "noting the state"));
  }

  /** Notes what an object's mode was, before it is made writable. */
  noteMode(entry: HostEntry): void {
    this.#makeFile(MAKING, new TextEncoder().encode(String(entry.mode)), true);
    const result = renameat2(this.#folder.fd, MAKING, this.#folder.fd, `mode-${entry.identity}`, 0);
    need(result, entry.path, "noting its mode");
  }

  notedMode(entry: HostEntry): number | undefined {
    const bytes = fileIn(this.#folder, `mode-${entry.identity}`, 16);
    return bytes === undefined ? undefined : Number(new TextDecoder().decode(bytes));
  }

  /** A metadata file of an object at its place; links of one object share it. */
  placeFile(bytes: Uint8Array, entry: HostEntry, folder: HostEntry, name: string): void {
    this.#place("meta", entry, folder, name, () => this.#makeFile(MAKING, bytes, false));
  }

  /** Notes a directory's times, which change with what is done in it; those that are noted already are older. */
  noteTimes(directory: HostEntry): void {
    const name = `times-${directory.identity}`;
    using known = this.#folder.open(name);
    if (known !== undefined) return;
    this.#makeFile(MAKING, new TextEncoder().encode(JSON.stringify(directory.times)), false);
    const result = renameat2(this.#folder.fd, MAKING, this.#folder.fd, name, 0);
    need(result, directory.path, "noting its times");
  }

  restoreTimes(directory: HostEntry): void {
    const bytes = fileIn(this.#folder, `times-${directory.identity}`, 256);
    if (bytes === undefined) return;
    const times = JSON.parse(new TextDecoder().decode(bytes)) as HostEntry["times"];
    this.#setTimes(directory, times);
  }

  /** Puts an object of the type that `to` needs into the place of the one that is there; so with its other links. */
  replace(entry: HostEntry, shown: Shown, to: Form): void {
    const { parent } = entry;
    if (parent === undefined) throw new TypeError("the root is a folder");
    this.#place("node", entry, parent, entry.name, () => {
      if (to.isMapped) this.#makeFile(MAKING, shown.target ?? new Uint8Array(0), false);
      else this.#makeNative(shown, entry);
      using made = this.#folder.open(MAKING);
      if (made === undefined) throw new TypeError("what was made is gone");
      if (to.keepsByName !== true) to.write(made, shown);
      this.#setTimes(made, entry.times, entry.path);
    });
  }

  /** Takes the folder away with what is in it; what says where the conversion is goes last. */
  remove(): void {
    this.restoreTimes(this.#root);
    using root = openRoot(this.#root.path);
    const last = [`times-${root.identity}`, STATE];
    for (const name of namesIn(this.#folder)) if (!last.includes(name)) this.#unlink(name);
    for (const name of last) this.#unlink(name);
    need(unlinkat(this.#root.fd, STAGING_NAME, AT_REMOVEDIR), this.#folder.path, "removing it");
    this.#setTimes(root, root.times);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  /** What is made for one of an object's links is there for the others, also for the last, which is alone by then. */
  #place(kind: "meta" | "node", entry: HostEntry, folder: HostEntry, name: string, make: () => void): void {
    const { fd } = this.#folder;
    const what = "putting it into its place";
    const shared = `${kind}-${entry.identity}`;
    const isDirectory = entry.type === S_IFDIR;
    using known = isDirectory ? undefined : this.#folder.open(shared);
    const isShared = known !== undefined || (entry.nlink > 1 && !isDirectory);
    if (!isShared) make();
    else {
      if (known === undefined) {
        make();
        need(renameat2(fd, MAKING, fd, shared, 0), entry.path, what);
      }
      this.#unlink(MOVING);
      need(linkat(fd, shared, fd, MOVING, 0), entry.path, what);
    }
    need(renameat2(fd, isShared ? MOVING : MAKING, folder.fd, name, 0), entry.path, what);
    // A rename onto another link of the same object does nothing.
    if (isShared) this.#unlink(MOVING);
  }

  #makeFile(name: string, bytes: Uint8Array, isDurable: boolean): void {
    this.#unlink(name);
    const path = `${this.#folder.path}/${name}`;
    const fd = openat(this.#folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FMODE);
    need(fd, path, "making it");
    try {
      for (let at = 0; at < bytes.length; )
        at += need(pwriteBytes(fd, bytes.subarray(at), at), path, "writing it");
      if (isDurable) need(fsync(fd), path, "writing it");
    } finally {
      close(fd);
    }
  }

  #makeNative(shown: Shown, entry: HostEntry): void {
    const { mode, rdev, target } = shown;
    const { fd } = this.#folder;
    this.#unlink(MAKING);
    if ((mode & S_IFMT) === S_IFLNK) {
      const text = Buffer.from(target ?? []);
      need(symlinkat(decodeName(text, 0, text.length), fd, MAKING), entry.path, "making the link");
      return;
    }
    const { major, minor } = decodeDevice(isDevice(mode) ? rdev : 0);
    need(mknodat(fd, MAKING, (mode & S_IFMT) | 0o600, major, minor), entry.path, "making the node");
  }

  #setTimes(entry: HostEntry, times: HostEntry["times"], path = entry.path): void {
    need(futimens(entry.fd, ...times), path, "setting its times");
  }

  #unlink(name: string): void {
    const result = unlinkat(this.#folder.fd, name, 0);
    if (result !== -Errno.ENOENT) need(result, `${this.#folder.path}/${name}`, "removing it");
  }
}
