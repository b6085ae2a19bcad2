/**
 * Option strings, and pieces for the schemas of drivers, layers and transports.
 *
 * ```ts
 * import { byteSize, onOff } from "@ninefold/core/options";
 * const schema = z.strictObject({ cache: byteSize().optional(), sync: onOff().default(false) });
 * ```
 *
 * @packageDocumentation
 */
export { formatOptionString, type OptionStringSyntax, parseOptionString } from "./option-string.ts";
export { byteSize, type NumberBounds, octalMode, onOff, wholeNumber } from "./option-values.ts";
