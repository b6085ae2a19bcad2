/**
 * Option strings, and pieces for the schemas of drivers, layers and transports.
 *
 * ```ts
 * import { byteSize, onOff } from "@ninefold/core/options";
 * import { z } from "zod";
 *
 * const schema = z.strictObject({
 *   cache: byteSize().optional().meta({ description: "bytes to keep; as many as there are when absent" }),
 *   sync: onOff().prefault("off").meta({ description: "each write waits for the disk" }),
 * });
 * ```
 *
 * @packageDocumentation
 */
export { formatOptionString, type OptionStringSyntax, parseOptionString } from "./option-string.ts";
export { byteSize, type NumberBounds, octalMode, onOff, wholeNumber } from "./option-values.ts";
