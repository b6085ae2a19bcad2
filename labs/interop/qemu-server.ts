import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Channel } from "@ninefold/client";
import { prepareQemu } from "../src/index.ts";

const MESSAGE_SIZE = 128 * 1024;
/** Where things lie in the machine's memory, which no guest uses. */
const RING = 0x10_0000;
const AVAIL = RING + 0x1000;
const USED = RING + 0x2000;
const REQUEST = 0x20_0000;
const REPLY = 0x30_0000;
const QUEUE_LENGTH = 8;
/** A microvm's virtio devices. */
const TRANSPORTS = 0xfeb0_0000;
const TRANSPORT_SIZE = 0x200;
const MOST_TRANSPORTS = 24;
const VIRTIO_9P = 9;
const WRITABLE = 2;
const NEXT = 1;

/** Registers of a virtio device by MMIO. Source: virtio 1.2, 4.2.2. */
const REG = {
  deviceId: 0x08,
  driverFeatures: 0x20,
  driverFeaturesSelect: 0x24,
  queueSelect: 0x30,
  queueLength: 0x38,
  queueReady: 0x44,
  notify: 0x50,
  interruptAck: 0x64,
  status: 0x70,
  descriptors: 0x80,
  avail: 0x90,
  used: 0xa0,
} as const;

/**
 * QEMU's own 9P server on a folder, without a guest: a machine whose processor never runs, whose memory and devices are
 * driven from here (QEMU's qtest). One request at a time. Closing it ends QEMU.
 */
export async function qemuServer(folder: string, securityModel: string, options = ""): Promise<Channel> {
  const lab = await prepareQemu();
  const [command, ...first] = lab.program;
  const child = spawn(
    command,
    [
      ...first,
      ...["-L", lab.firmware, "-bios", `${lab.firmware}/qboot.rom`, "-M", "microvm", "-accel", "tcg", "-S"],
      ...["-m", "64", "-nodefaults", "-no-user-config", "-display", "none"],
      ...["-global", "virtio-mmio.force-legacy=false", "-qtest", "stdio", "-qtest-log", "/dev/null"],
      ...["-fsdev", `local,id=fs0,path=${folder},security_model=${securityModel}${options}`],
      ...["-device", "virtio-9p-device,fsdev=fs0,mount_tag=t"],
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const machine = new Machine(child);
  return new QemuChannel(machine, await machine.findDevice());
}

/** The machine's memory and registers. */
class Machine {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: string) => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new TypeError("QEMU has no output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("OK") || line.startsWith("FAIL") || line.startsWith("ERR"))
        this.#waiting.shift()?.(line);
    });
    child.once("close", () => {
      for (const give of this.#waiting.splice(0)) give("FAIL QEMU has ended");
    });
  }

  async findDevice(): Promise<number> {
    for (let i = 0; i < MOST_TRANSPORTS; i++) {
      const base = TRANSPORTS + i * TRANSPORT_SIZE;
      if ((await this.readRegister(base + REG.deviceId)) === VIRTIO_9P) return base;
    }
    throw new Error("the machine has no virtio-9p device");
  }

  async readRegister(address: number): Promise<number> {
    return Number(await this.#ask(`readl ${address}`));
  }

  async writeRegister(address: number, value: number): Promise<void> {
    await this.#ask(`writel ${address} ${value}`);
  }

  async read(address: number, length: number): Promise<Buffer> {
    return Buffer.from((await this.#ask(`read ${address} ${length}`)).slice(2), "hex");
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#ask(`write ${address} ${bytes.length} 0x${Buffer.from(bytes).toString("hex")}`);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await closed;
  }

  async #ask(line: string): Promise<string> {
    const answer = new Promise<string>((give) => this.#waiting.push(give));
    this.#child.stdin?.write(`${line}\n`);
    const [word, value = ""] = (await answer).split(" ");
    if (word !== "OK") throw new Error(`QEMU: ${line.slice(0, 60)}: ${word} ${value}`);
    return value;
  }
}

class QemuChannel implements Channel {
  readonly maxMessageSize: number = MESSAGE_SIZE;
  readonly #machine: Machine;
  readonly #device: number;
  #last: Promise<unknown>;
  #count = 0;

  constructor(machine: Machine, device: number) {
    this.#machine = machine;
    this.#device = device;
    this.#last = this.#start();
  }

  request(message: Uint8Array): Promise<Uint8Array> {
    const answer = this.#last.then(() => this.#exchange(message));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#machine.end();
  }

  async #start(): Promise<void> {
    const set = (register: number, value: number) =>
      this.#machine.writeRegister(this.#device + register, value);
    await set(REG.status, 0);
    await set(REG.status, 1);
    await set(REG.status, 3);
    // The mount tag, and that this is no device of before version 1.
    for (const half of [0, 1]) {
      await set(REG.driverFeaturesSelect, half);
      await set(REG.driverFeatures, 1);
    }
    await set(REG.status, 0xb);
    await set(REG.queueSelect, 0);
    await set(REG.queueLength, QUEUE_LENGTH);
    for (const [register, address] of [
      [REG.descriptors, RING],
      [REG.avail, AVAIL],
      [REG.used, USED],
    ] as const) {
      await set(register, address);
      await set(register + 4, 0);
    }
    await set(REG.queueReady, 1);
    await set(REG.status, 0xf);
  }

  async #exchange(message: Uint8Array): Promise<Uint8Array> {
    const machine = this.#machine;
    await machine.write(REQUEST, message);
    await machine.write(
      RING,
      Buffer.concat([
        descriptor(REQUEST, message.length, NEXT, 1),
        descriptor(REPLY, MESSAGE_SIZE, WRITABLE, 0),
      ]),
    );
    const avail = Buffer.alloc(4 + 2 * QUEUE_LENGTH);
    this.#count = (this.#count + 1) & 0xffff;
    avail.writeUInt16LE(this.#count, 2);
    await machine.write(AVAIL, avail);
    await machine.writeRegister(this.#device + REG.notify, 0);
    while ((await machine.read(USED + 2, 2)).readUInt16LE() !== this.#count);
    await machine.writeRegister(this.#device + REG.interruptAck, 1);
    const size = (await machine.read(REPLY, 4)).readUInt32LE();
    return new Uint8Array(await machine.read(REPLY, size));
  }
}

function descriptor(address: number, length: number, flags: number, next: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(address), 0);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt16LE(flags, 12);
  bytes.writeUInt16LE(next, 14);
  return bytes;
}
