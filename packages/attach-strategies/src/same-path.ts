import { normalize } from "node:path";

/** True when both name one folder, as far as their text says: links are not followed. */
export function samePath(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && tidy(a) === tidy(b);
}

function tidy(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
