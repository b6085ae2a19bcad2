import type { StandardSchema } from "@ninefold/core/contracts";
import { byteSize, onOff } from "@ninefold/core/options";
import { z } from "zod";

/** Bytes that a tree may hold unless its options say otherwise: a guest must not be able to fill the host's memory. */
export const DEFAULT_SIZE: number = 1024 ** 3;

/** Options of `-fsdev memory`. */
export interface MemoryOptions {
  /** Most bytes that the tree may hold, or such as `64M` (K, M, G, T: powers of 1024). 1G unless given. */
  readonly size: number;
  /** Nothing can be changed; useful with `files`. Off unless given. */
  readonly readonly: boolean;
  /** What is there at the beginning: text by path, such as `{ "etc/motd": "hello\n" }`. */
  readonly files: Readonly<Record<string, string>>;
}

const path = z
  .string()
  .refine(
    (value) => value.split("/").every((name) => !["", ".", ".."].includes(name) && !name.includes("\0")),
    "a path has no empty, . or .. component",
  );

export const memoryOptions: StandardSchema<unknown, MemoryOptions> = z.strictObject({
  size: byteSize({ min: 1 })
    .prefault(`${DEFAULT_SIZE / 1024 ** 3}G`)
    .meta({ description: "most bytes that the tree may hold, such as `64M`" }),
  readonly: onOff().prefault("off").meta({ description: "nothing can be changed; useful with `files`" }),
  files: z
    .record(path, z.string())
    .default({})
    .meta({ description: "text by path that is there at the beginning; only in a file or a program" }),
});
