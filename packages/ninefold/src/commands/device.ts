import { type DeviceNode, parseOptionString, type UsageLine } from "@ninefold/core";
import { absoluteEntry, type CommandLine } from "../command-line/arguments.ts";
import { deviceOf } from "../command-line/qemu-options.ts";
import { describeDevice } from "../control/describe-status.ts";
import { ask, badWords, show, wordOf } from "./ask.ts";
import { describeUsage } from "./describe-usage.ts";

const USAGE =
  "ninefold device add TYPE,fsdev=ID,…, device del ID|PATH [--force], or device list, with --control PATH";

interface AddedDevice {
  readonly device: DeviceNode;
  readonly usage: readonly UsageLine[];
}

/** `ninefold device add|del|list`: changes whom a server that runs shares with. */
export async function deviceCommand(line: CommandLine): Promise<number> {
  switch (line.operands[0]) {
    case "add": {
      const text = wordOf(line, 1, USAGE);
      const entry = deviceOf(parseOptionString(text, { impliedKey: "driver" }), text);
      const added = (await ask(line, "device-add", absoluteEntry(entry))) as AddedDevice;
      show(line, added, ({ device, usage }) => describeUsage(device, usage));
      return 0;
    }
    case "del": {
      const given = { id: wordOf(line, 1, USAGE), force: line.ask.force };
      show(line, (await ask(line, "device-del", given)) as DeviceNode, ({ path }) => `removed ${path}\n`);
      return 0;
    }
    case "list":
      wordOf(line, 0, USAGE);
      show(line, (await ask(line, "device-list")) as readonly DeviceNode[], (devices) =>
        devices.map((device) => `${describeDevice(device)}\n`).join(""),
      );
      return 0;
    default:
      throw badWords(line, USAGE);
  }
}
