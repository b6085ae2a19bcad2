import type { HostEntry } from "../host-entry.ts";
import type { Shown } from "../shown.ts";

/** A way in which a host folder keeps what guests see: a security model's. */
export interface Form {
  readonly name: string;
  /** Devices, FIFOs, sockets and symbolic links are files on the host. */
  readonly isMapped: boolean;
  /** Metadata are kept under the name of an object, not with the object itself. */
  readonly keepsByName?: boolean;
  /** What guests see of the object. */
  read(entry: HostEntry): Shown;
  /** Why this form, to convert from, shows only a part of the object, or keeps what nobody sees. */
  refusesFrom(entry: HostEntry, shown: Shown): string | undefined;
  /** Why this form, to convert to, would lose something of the object, or hide it. */
  refusesTo(entry: HostEntry, shown: Shown): string | undefined;
  /** Something of this form is there already, which says that the object is special. */
  keepsSpecial(entry: HostEntry): boolean;
  /** Something of this form's own is kept of the object. */
  hasTraces(entry: HostEntry): boolean;
  /** Keeps what is shown of an object, which is of the host's type that it needs. Other forms' traces stay. Idempotent. */
  write(entry: HostEntry, shown: Shown): void;
  /** Takes away what this form, and no other, keeps of the object. Idempotent. */
  clean(entry: HostEntry, of: { readonly to: Form }): void;
  /** The same for a directory, when all in it was done. */
  cleanDirectory?(entry: HostEntry): void;
  /** Names that guests do not see. */
  hides(name: string, directory: HostEntry): boolean;
}
