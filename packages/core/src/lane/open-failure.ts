import { ConfigError, type ConfigErrorCode, isConfigError, type Mistake } from "../contracts/config-error.ts";

/**
 * What a plugin threw while it opened, as an error that the operator can act on: `user` is what was opened, `culprit`
 * the plugin's part that failed. A ConfigError of the plugin's own keeps its words.
 */
export function openFailure(
  code: ConfigErrorCode,
  user: string,
  culprit: string,
  thrown: unknown,
): ConfigError {
  if (isConfigError(thrown)) {
    const [first, ...others] = thrown.mistakes.map((mistake) => located(mistake, user));
    if (first !== undefined) return new ConfigError(first, others, { cause: thrown });
  }
  const problem = isSystemError(thrown)
    ? thrown.message
    : `${culprit} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return new ConfigError({ code, path: user, problem }, [], { cause: thrown });
}

function located(mistake: Mistake, user: string): Mistake {
  return mistake.path === "" ? { ...mistake, path: user } : mistake;
}

/** An error of the host, whose words are for the operator: a missing file, a socket in use. */
function isSystemError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    typeof thrown.code === "string" &&
    /^E[A-Z0-9]+$/.test(thrown.code)
  );
}
