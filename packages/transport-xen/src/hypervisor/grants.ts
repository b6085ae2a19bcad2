import { NativeMemory } from "@ninefold/native";
import { PAGE_SIZE } from "../ring/layout.ts";
import { DeviceFile } from "./device-file.ts";
import type { GrantedPages } from "./hypervisor.ts";

// Source: Linux's include/uapi/xen/gntdev.h.
const MAP_GRANT_REF = 0x00184700;
const UNMAP_GRANT_REF = 0x00104701;
const MAP_HEADER_LENGTH = 16;

/** Grants of other domains, by /dev/xen/gntdev. */
export class GrantDevice {
  readonly #device = new DeviceFile("/dev/xen/gntdev", "xen-gntdev");
  readonly #open = new Set<GrantedPages>();

  map(domid: number, refs: readonly number[]): GrantedPages {
    const argument = Buffer.alloc(MAP_HEADER_LENGTH + 8 * refs.length);
    argument.writeUInt32LE(refs.length, 0);
    for (const [i, ref] of refs.entries()) {
      argument.writeUInt32LE(domid, MAP_HEADER_LENGTH + 8 * i);
      argument.writeUInt32LE(ref, MAP_HEADER_LENGTH + 8 * i + 4);
    }
    this.#device.request(MAP_GRANT_REF, argument, `take ${refs.length} grants of domain ${domid}`);
    const index = argument.readBigUInt64LE(8);
    let memory: NativeMemory;
    try {
      memory = NativeMemory.mapShared(this.#device.fd, refs.length * PAGE_SIZE, Number(index));
    } catch (error) {
      this.#unmap(index, refs.length);
      throw error;
    }
    const pages: GrantedPages = {
      bytes: memory.bytes,
      address: memory.address,
      close: () => {
        if (!this.#open.delete(pages)) return;
        // The kernel lets a grant go only when no mapping of it is left.
        memory.close();
        this.#unmap(index, refs.length);
      },
    };
    this.#open.add(pages);
    return pages;
  }

  close(): void {
    for (const pages of [...this.#open]) pages.close();
    this.#device.close();
  }

  #unmap(index: bigint, count: number): void {
    const argument = Buffer.alloc(16);
    argument.writeBigUInt64LE(index, 0);
    argument.writeUInt32LE(count, 8);
    this.#device.request(UNMAP_GRANT_REF, argument, `let ${count} grants go`);
  }
}
