import { readFile } from "node:fs/promises";

/** The number of a group that is given by number or, as /etc/group has it, by name; undefined when there is none. */
export async function groupNumber(group: string): Promise<number | undefined> {
  if (/^\d+$/.test(group)) return Number(group);
  for (const line of (await readFile("/etc/group", "utf8")).split("\n")) {
    const [name, , number] = line.split(":");
    if (name === group && number !== undefined && number !== "") return Number(number);
  }
  return undefined;
}
