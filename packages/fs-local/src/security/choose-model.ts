import {
  ConfigError,
  type DriverEnvironment,
  type ModelOptions,
  type SecurityPolicy,
} from "@ninefold/core/contracts";
import { none } from "./none.ts";
import { passthrough } from "./passthrough.ts";

/** The model that was asked for, of those that plugins have registered and this package's own. Throws ConfigError. */
export function chooseModel(name: string, options: ModelOptions, env: DriverEnvironment): SecurityPolicy {
  const models = [passthrough, none, ...(env.securityModels ?? [])];
  const model = models.findLast((each) => each.name === name);
  const path = `fsdev ${env.fsdev}`;
  if (model === undefined) {
    const names = [...new Set(models.map((each) => each.name))].join(", ");
    throw new ConfigError({
      code: "ERR_CONFIG_REFERENCE",
      path,
      option: "security_model",
      value: name,
      problem: `no security model named "${name}"`,
      hint: `loaded: ${names}; add the package that has it to "plugins"`,
    });
  }
  for (const option of ["fmode", "dmode", "native_symlinks"] as const) {
    if (options[option] === undefined || model.options.includes(option)) continue;
    const takers = [
      ...new Set(models.filter((each) => each.options.includes(option)).map((each) => each.name)),
    ];
    throw new ConfigError({
      code: "ERR_CONFIG_CONFLICT",
      path,
      option,
      value: options[option],
      problem: `${option} means nothing with security_model=${name}, which keeps no modes and types of its own`,
      hint:
        takers.length === 0 ? "leave it out" : `leave it out, or use security_model=${takers.join(" or ")}`,
    });
  }
  return model.open(options);
}
