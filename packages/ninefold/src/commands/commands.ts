import type { CommandLine } from "../command-line/arguments.ts";

/** Returns the exit status. */
export type Command = (line: CommandLine) => Promise<number>;

/** All commands by name. Each is loaded when it is called, so that none pays for another. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: async (line) => (await import("./serve.ts")).serveCommand(line),
  attach: async (line) => (await import("./attach.ts")).attachCommand(line),
  status: async (line) => (await import("./status.ts")).statusCommand(line),
  reload: async (line) => (await import("./reload.ts")).reloadCommand(line),
  fsdev: async (line) => (await import("./fsdev.ts")).fsdevCommand(line),
  device: async (line) => (await import("./device.ts")).deviceCommand(line),
  convert: async (line) => (await import("./convert.ts")).convertCommand(line),
  check: async (line) => (await import("./check.ts")).checkCommand(line),
  plugins: async (line) => (await import("./plugins.ts")).pluginsCommand(line),
  init: async (line) => (await import("./init/init.ts")).initCommand(line),
  doctor: async (line) => (await import("./doctor.ts")).doctorCommand(line),
  demo: async (line) => (await import("../demo/demo.ts")).demoCommand(line),
};
