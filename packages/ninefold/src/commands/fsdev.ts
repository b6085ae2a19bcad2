import { type FsdevConfig, parseOptionString } from "@ninefold/core";
import { absoluteEntry, type CommandLine } from "../command-line/arguments.ts";
import { fsdevOf } from "../command-line/qemu-options.ts";
import { describeFsdev } from "../control/describe-status.ts";
import { ask, badWords, show, wordOf } from "./ask.ts";

const USAGE = "ninefold fsdev add DRIVER,id=ID,…, fsdev del ID [--force], or fsdev list, with --control PATH";

interface ListedFsdev extends FsdevConfig {
  readonly devices: readonly string[];
}

interface RemovedFsdev {
  readonly fsdev: string;
  readonly devices: readonly string[];
}

/** `ninefold fsdev add|del|list`: changes what a server that runs can share. */
export async function fsdevCommand(line: CommandLine): Promise<number> {
  switch (line.operands[0]) {
    case "add": {
      const text = wordOf(line, 1, USAGE);
      const { id, fsdev } = fsdevOf(parseOptionString(text, { impliedKey: "fsdriver" }), text);
      const added = (await ask(line, "fsdev-add", { id, ...absoluteEntry(fsdev) })) as FsdevConfig;
      show(line, added, (result) => `added ${describeFsdev(result)}\n`);
      return 0;
    }
    case "del": {
      const given = { id: wordOf(line, 1, USAGE), force: line.ask.force };
      show(line, (await ask(line, "fsdev-del", given)) as RemovedFsdev, describeRemoved);
      return 0;
    }
    case "list":
      wordOf(line, 0, USAGE);
      show(line, (await ask(line, "fsdev-list")) as readonly ListedFsdev[], describeList);
      return 0;
    default:
      throw badWords(line, USAGE);
  }
}

function describeRemoved({ fsdev, devices }: RemovedFsdev): string {
  return [...devices.map((path) => `removed ${path}\n`), `removed fsdev ${fsdev}\n`].join("");
}

function describeList(fsdevs: readonly ListedFsdev[]): string {
  return fsdevs
    .map((fsdev) => `${describeFsdev(fsdev)}\n${fsdev.devices.map((path) => `  ${path}\n`).join("")}`)
    .join("");
}
