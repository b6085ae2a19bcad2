import { FsError } from "@ninefold/core/contracts";

/** Whether a name is one component that does not go up. Whoever calls the driver has made sure of it already. */
export function isComponent(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/");
}

/** The last line before system calls that would follow more than one component. Throws EINVAL. */
export function component(name: string): string {
  if (!isComponent(name)) throw new FsError("EINVAL", `"${name}" is no name of an entry`);
  return name;
}
