/** A request that xenstored refused, or could not get. `code` is its own word, such as `"EACCES"`. */
export class XenStoreError extends Error {
  override readonly name: string = "XenStoreError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** True for an error of any copy of this package that has this code. */
export function isXenStoreError(thrown: unknown, code: string): boolean {
  return (
    thrown instanceof Error && thrown.name === "XenStoreError" && "code" in thrown && thrown.code === code
  );
}
