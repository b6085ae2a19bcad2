import { createRequire } from "node:module";

type Koffi = typeof import("koffi");

/**
 * Thrown by every call of this package where it cannot work: another operating system or processor than Linux on x64 or
 * arm64, or a machine that refuses what it needs. Importing the package always works.
 */
export class NativeUnsupportedError extends Error {
  readonly code = "ERR_NATIVE_UNSUPPORTED" as const;
  override readonly name: string = "NativeUnsupportedError";

  constructor(reason: string, options?: ErrorOptions) {
    super(
      `system calls are not available: ${reason}; host folders, virtio and Xen need Linux on x64 or arm64, while the protocol ` +
        "engine, the in-memory tree and transport, trees written in TypeScript and TCP sockets work everywhere",
      options,
    );
  }
}

/** What the processor's calling convention decides. */
export type Architecture = "x64" | "arm64";

interface Machine {
  readonly koffi: Koffi;
  readonly architecture: Architecture;
}

/**
 * koffi keeps the stacks of so many asynchronous calls; a call beyond them pays for fresh memory each time (measured with 200 calls at
 * once: 21 us each over 8 stacks, 3 us within). It is set before the first library is loaded, for all who share this koffi.
 */
const RESIDENT_CALLS = 32;

function keepMoreRoom(koffi: Koffi): void {
  try {
    koffi.config({ resident_async_pools: RESIDENT_CALLS });
  } catch {
    // Another user of koffi was first; then fewer calls are in flight at a time.
  }
}

function probe(): Machine | NativeUnsupportedError {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64")) {
    return new NativeUnsupportedError(`this is ${platform} on ${arch}`);
  }
  try {
    // Not a static import: a machine for which koffi has no build must still be able to import this package.
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    keepMoreRoom(koffi);
    return { koffi, architecture: arch };
  } catch (cause) {
    return new NativeUnsupportedError("the package koffi cannot be loaded", { cause });
  }
}

const machine: Machine | NativeUnsupportedError = probe();
let refusal: NativeUnsupportedError | undefined = machine instanceof Error ? machine : undefined;

/** koffi, or the one clear error. */
export function loadKoffi(): Koffi {
  if (machine instanceof Error) {
    throw machine;
  }
  return machine.koffi;
}

/** How many asynchronous calls can be in flight before each costs several times more. */
export function cheapCallsInFlight(): number {
  return loadKoffi().config().resident_async_pools ?? RESIDENT_CALLS;
}

/** Constants of the generic table are x64's, so they serve as the harmless default elsewhere. */
export const architecture: Architecture = machine instanceof Error ? "x64" : machine.architecture;

export function refuse(error: NativeUnsupportedError): void {
  refusal = error;
}

/** Why nothing here works, or undefined when it does. */
export function whyUnsupported(): NativeUnsupportedError | undefined {
  return refusal;
}

/** Throws {@link NativeUnsupportedError} when the calls of this package cannot work here. */
export function assertSupported(): void {
  if (refusal !== undefined) {
    throw refusal;
  }
}
