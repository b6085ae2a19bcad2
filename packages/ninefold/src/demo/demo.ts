import { type Channel, mount } from "@ninefold/client";
import { type BackendOptions, createBackend } from "../backend.ts";
import type { CommandLine } from "../command-line/arguments.ts";
import { createLogger } from "../logging.ts";
import { embeddedGuest } from "./embedded-guest.ts";
import { explainXen } from "./explain-xen.ts";
import { measure } from "./measure.ts";
import { demoFolder } from "./sample-folder.ts";
import { runShell } from "./shell.ts";
import { showTree } from "./show-tree.ts";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `ninefold demo [FOLDER]`: the embedded default. In a terminal it ends as a small shell, else with status 0. */
export async function demoCommand(line: CommandLine): Promise<number> {
  using folder = demoFolder(line.operands[0]);
  const { options, connect, story } = await chooseGuest(folder.path);
  await using backend = await createBackend({
    ...options,
    inline: true,
    log: createLogger({ level: "warn", format: "pretty", trace: false }),
  });
  print(story);
  await using tree = await mount(await connect());
  print(`attached: 9P2000.L, messages of ${tree.client.msize} bytes; the guest sees`);
  for await (const row of showTree(tree)) print(row);

  await tree.writeFile("from-the-guest.txt", "written by the guest\n");
  const back = new TextDecoder().decode(await tree.readFile("from-the-guest.txt"));
  print(`\nwrote and read back from-the-guest.txt: ${JSON.stringify(back)}`);
  if (!folder.isSample) await tree.unlink("from-the-guest.txt");

  print("\nguest and server share this one process and its one core:");
  for (const { what, rate, throughput } of await measure(tree, ".ninefold-measure")) {
    const data = throughput > 0 ? `${(throughput / 1e6).toFixed(0).padStart(7)} MB/s` : "";
    print(`  ${what.padEnd(14)}${Math.round(rate).toLocaleString("en").padStart(10)} requests/s${data}`);
  }

  print(`\n${await explainXen()}`);
  print(nextStep(folder.isSample ? "./share" : folder.path));
  if (process.stdin.isTTY && process.stdout.isTTY) {
    print("this is the guest's shell: ls, cat, put, stat, exit");
    await runShell(tree);
  }
  await tree.close();
  await backend.close();
  return 0;
}

interface Guest {
  readonly options: BackendOptions;
  readonly connect: () => Promise<Channel>;
  readonly story: string;
}

/** Real virtqueues over a host folder where the operating system can, a tree in memory elsewhere. */
async function chooseGuest(path: string): Promise<Guest> {
  if (process.platform === "linux") {
    const { plugin, channel } = embeddedGuest();
    return {
      options: {
        plugins: [plugin],
        fsdevs: { demo: { driver: "local", path, security_model: "none" } },
        devices: [{ id: "demo", type: "virtio-9p-embedded", fsdev: "demo", mount_tag: "demo" }],
      },
      connect: () => channel,
      story: `sharing ${path} with a guest in this process, through virtqueues in shared memory`,
    };
  }
  const { connect } = await import("@ninefold/transport-memory");
  return {
    options: {
      fsdevs: { demo: { driver: "memory" } },
      devices: [{ id: "demo", type: "9p-memory", fsdev: "demo", mount_tag: "demo", name: "demo" }],
    },
    connect: async () => connect("demo"),
    story: `host folders need Linux, and this is ${process.platform}: sharing a tree in memory with a guest in this process`,
  };
}

function nextStep(path: string): string {
  return `
next, a real VM:
  npm run ninefold -- -virtfs local,path=${path},security_model=none,mount_tag=host,socket=/tmp/nf-host.sock
prints what to give to QEMU and to the guest. Or, with everything fetched for you:
  npm run lab:uml -- 'ls -la /mnt'       a real Linux kernel mounts a shared folder
`;
}
