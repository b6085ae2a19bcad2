import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "@ninefold/core";
import { parseDocument } from "yaml";

/** A configuration as its author wrote it, not yet checked, and the folder that its relative paths start from. */
export interface ConfigSource {
  readonly plain: unknown;
  readonly baseDirectory: string;
}

/** Reads a YAML (or JSON) file. Throws ConfigError that names the file, and the line where the text is no YAML. */
export function readConfigFile(file: string): ConfigSource {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(
      {
        code: "ERR_CONFIG_VALUE",
        path: `--config ${file}`,
        problem: `cannot be read: ${(cause as Error).message}`,
        value: file,
        hint: "give the path of a readable YAML file",
      },
      [],
      { cause },
    );
  }
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new ConfigError(
      {
        code: "ERR_CONFIG_SYNTAX",
        path: file,
        problem: error.message.split("\n")[0] ?? "is not YAML",
        hint: "mend the YAML at that place",
      },
      [],
      { cause: error },
    );
  }
  return { plain: document.toJS(), baseDirectory: dirname(resolve(file)) };
}
