import { JsonObjects } from "./json-objects.ts";

/** What libxl can be told of a device model. */
export interface QmpMachine {
  readonly name: string | undefined;
  /** Of this package: `0.1.0`. */
  readonly version: string;
  readonly chardevs: readonly object[];
  /** The device model is asked to end. */
  quit(): void;
}

/** libxl looks at this number for what it may ask; the commands below are what QEMU 10 answers. */
const QEMU_VERSION = { major: 10, minor: 0, micro: 0 };

type QmpCommand = (machine: QmpMachine) => unknown;

/** Source: QEMU's qapi; libxl and xenstat ask no others of a PV guest's device model. */
const COMMANDS: Readonly<Record<string, QmpCommand>> = {
  "query-version": ({ version }) => versionOf(version),
  "query-commands": () => [...Object.keys(COMMANDS), CAPABILITIES].map((name) => ({ name })),
  "query-command-line-options": () => [],
  "query-status": () => ({ status: "running", running: true }),
  "query-name": ({ name }) => (name === undefined ? {} : { name }),
  "query-chardev": ({ chardevs }) => chardevs,
  "query-vnc": () => ({ enabled: false }),
  // Block devices and network cards, which there are none of.
  "query-block": () => [],
  "query-blockstats": () => [],
  "query-pci": () => [],
  "query-cpus-fast": () => [],
  quit: (machine) => {
    machine.quit();
    return {};
  },
};
const CAPABILITIES = "qmp_capabilities";

interface Request {
  readonly execute?: unknown;
  readonly id?: unknown;
}

/** One conversation in QEMU's machine protocol, by text: it greets, then answers. Source: QEMU's docs/interop/qmp-spec. */
export class QmpSession {
  readonly #machine: QmpMachine;
  readonly #write: (text: string) => void;
  readonly #objects = new JsonObjects();
  #isNegotiated = false;

  constructor(machine: QmpMachine, write: (text: string) => void) {
    this.#machine = machine;
    this.#write = write;
    this.#send({ QMP: { version: versionOf(machine.version), capabilities: [] } });
  }

  /** Takes what the client has sent. False when it can only be cut off: what it sends is no request, and has no end. */
  take(chunk: Uint8Array): boolean {
    for (const text of this.#objects.push(chunk)) this.#answer(text);
    return !this.#objects.isOverlong;
  }

  #answer(text: string): void {
    let request: Request;
    try {
      request = JSON.parse(text) as Request;
    } catch {
      this.#fail("GenericError", "JSON parse error, Invalid JSON syntax");
      return;
    }
    const { execute, id } = request;
    if (typeof execute !== "string") {
      this.#fail("GenericError", "QMP input lacks member 'execute'", id);
    } else if (execute === CAPABILITIES && !this.#isNegotiated) {
      this.#isNegotiated = true;
      this.#return({}, id);
    } else if (!this.#isNegotiated) {
      this.#fail("CommandNotFound", `Expecting capabilities negotiation with '${CAPABILITIES}'`, id);
    } else {
      const command = Object.hasOwn(COMMANDS, execute) ? COMMANDS[execute] : undefined;
      if (command === undefined)
        this.#fail("CommandNotFound", `The command ${execute} has not been found`, id);
      else this.#return(command(this.#machine), id);
    }
  }

  #return(value: unknown, id: unknown): void {
    this.#send({ return: value, ...(id !== undefined && { id }) });
  }

  #fail(kind: "GenericError" | "CommandNotFound", desc: string, id?: unknown): void {
    this.#send({ error: { class: kind, desc }, ...(id !== undefined && { id }) });
  }

  #send(message: object): void {
    this.#write(`${JSON.stringify(message)}\r\n`);
  }
}

function versionOf(version: string): object {
  return { qemu: QEMU_VERSION, package: `ninefold ${version}` };
}
