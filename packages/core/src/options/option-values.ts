import { z } from "zod";

/*
 * Pieces for drivers' schemas: each reads the text of a command line and the plain data of a file alike, its message
 * says what is allowed, and its title what it is. Give a default as text, by `prefault`: `onOff().prefault("off")`. Then
 * the schema can tell it, which it cannot of a value that it would have made itself.
 */

const SWITCH: Readonly<Record<string, boolean>> = {
  on: true,
  yes: true,
  true: true,
  y: true,
  off: false,
  no: false,
  false: false,
  n: false,
};

/** A switch: true, false, or QEMU's words for them (`on`, `yes`, `true`, `y`, `off`, `no`, `false`, `n`). */
export function onOff(): z.ZodType<boolean, boolean | string> {
  const words = z.enum(Object.keys(SWITCH)).transform((word) => SWITCH[word] === true);
  return z.union([z.boolean(), words], { error: "must be on or off" }).meta({ title: "on or off" });
}

/** Least and most that a number may be. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number, also as text. 0 and more unless `min` says otherwise. */
export function wholeNumber(bounds: NumberBounds = {}): z.ZodType<number, number | string> {
  const error = `must be a whole number${describeBounds(bounds)}`;
  return bounded(bounds, { title: "whole number", error }, (text) =>
    /^-?\d+$/.test(text) ? Number(text) : undefined,
  );
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** A size in bytes: a number, or text with QEMU's suffixes of powers of 1024: `64M`, `1.5G`. */
export function byteSize(bounds: NumberBounds = {}): z.ZodType<number, number | string> {
  const error = `must be a size such as 512K, 64M or 2G${describeBounds(bounds)}`;
  return bounded(bounds, { title: "size", error }, (text) => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)([BKMGT]?)$/i.exec(text) ?? [];
    const factor = UNITS[unit?.toUpperCase() ?? ""];
    return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
  });
}

/**
 * Permission bits as octal text: `0644`, `644`, `0o644`. A number is refused: YAML reads `0644` as six hundred and
 * forty-four.
 */
export function octalMode(max = 0o777): z.ZodType<number, string> {
  const error = `must be octal digits in quotes, such as "0600", and at most "0${max.toString(8)}"`;
  const mode = z.string({ error }).transform((text, context) => {
    const digits = /^(?:0o)?([0-7]{1,6})$/i.exec(text)?.[1];
    const bits = digits === undefined ? Number.NaN : Number.parseInt(digits, 8);
    if (bits <= max) return bits;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
  return mode.meta({ title: "octal digits" });
}

function bounded(
  bounds: NumberBounds,
  { title, error }: { readonly title: string; readonly error: string },
  read: (text: string) => number | undefined,
): z.ZodType<number, number | string> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  const number = z.union([z.number(), z.string()], { error }).transform((value, context) => {
    const amount = typeof value === "number" ? value : read(value);
    if (amount !== undefined && Number.isSafeInteger(amount) && amount >= min && amount <= max) return amount;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
  return number.meta({ title: `${title}${bounds.min || bounds.max ? describeBounds(bounds) : ""}` });
}

function describeBounds({ min = 0, max }: NumberBounds): string {
  return max === undefined ? `, at least ${min}` : ` from ${min} to ${max}`;
}
