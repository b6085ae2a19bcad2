import { whyUnsupported } from "./platform.ts";
// The page of system calls is made, and may be refused, while this module loads.
import "./syscalls.ts";

/** Whether the calls of this package work here. */
export const isSupported: boolean = whyUnsupported() === undefined;
