import { FsError } from "@ninefold/core/contracts";

/**
 * The last line before system calls that would follow more than one component, or go up: whoever calls the driver has
 * checked names already.
 */
export function component(name: string): string {
  if (name === "" || name === "." || name === ".." || name.includes("/")) {
    throw new FsError("EINVAL", `"${name}" is no name of an entry`);
  }
  return name;
}
