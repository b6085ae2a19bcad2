import { Connection } from "./connection.ts";
import { readDirectory } from "./directory.ts";
import { formatPermission, type Permission, parsePermission } from "./permissions.ts";
import { TRANSACTION_ATTEMPTS, type XenStore, type XenStoreNodes, type XenStoreWatch } from "./store.ts";
import { decodeStrings, decodeValue, encodeStrings } from "./text.ts";
import { isXenStoreError } from "./xenstore-error.ts";

/** Where xenstored listens unless it was told otherwise. */
export const XENSTORED_SOCKET = "/run/xenstored/socket";

/** Connects to xenstored. Rejects with XenStoreError when nobody answers, such as on a machine without Xen. */
export async function connectXenStore(socketPath: string = XENSTORED_SOCKET): Promise<XenStore> {
  const listeners = new Map<string, (path: string) => void>();
  const connection = await Connection.open(socketPath, (path, token) => listeners.get(token)?.(path));
  return new Client(connection, listeners);
}

class Nodes implements XenStoreNodes {
  protected readonly connection: Connection;
  readonly #transaction: number;

  constructor(connection: Connection, transaction: number) {
    this.connection = connection;
    this.#transaction = transaction;
  }

  async read(path: string): Promise<string | undefined> {
    const payload = await this.#find("READ", path);
    return payload && decodeValue(payload);
  }

  directory(path: string): Promise<string[] | undefined> {
    return orAbsent(readDirectory(this.connection, path, this.#transaction));
  }

  async write(path: string, value: string): Promise<void> {
    const payload = Buffer.concat([encodeStrings(path), encodeStrings(value).subarray(0, -1)]);
    await this.connection.request("WRITE", path, this.#transaction, payload);
  }

  async mkdir(path: string): Promise<void> {
    await this.connection.request("MKDIR", path, this.#transaction, encodeStrings(path));
  }

  async rm(path: string): Promise<void> {
    await this.#find("RM", path);
  }

  async getPermissions(path: string): Promise<Permission[] | undefined> {
    const payload = await this.#find("GET_PERMS", path);
    return payload && decodeStrings(payload).map(parsePermission);
  }

  async setPermissions(path: string, permissions: readonly Permission[]): Promise<void> {
    const payload = encodeStrings(path, ...permissions.map(formatPermission));
    await this.connection.request("SET_PERMS", path, this.#transaction, payload);
  }

  #find(name: "READ" | "RM" | "GET_PERMS", path: string): Promise<Buffer | undefined> {
    return orAbsent(this.connection.request(name, path, this.#transaction, encodeStrings(path)));
  }
}

class Client extends Nodes implements XenStore {
  readonly #listeners: Map<string, (path: string) => void>;
  #lastToken = 0;

  constructor(connection: Connection, listeners: Map<string, (path: string) => void>) {
    super(connection, 0);
    this.#listeners = listeners;
  }

  get ended(): Promise<Error | undefined> {
    return this.connection.ended;
  }

  async watch(path: string, listener: (path: string) => void): Promise<XenStoreWatch> {
    // Tokens are never used twice: an event that was on its way at the unwatch must find nobody.
    this.#lastToken += 1;
    const token = String(this.#lastToken);
    this.#listeners.set(token, listener);
    try {
      await this.connection.request("WATCH", path, 0, encodeStrings(path, token));
    } catch (error) {
      this.#listeners.delete(token);
      throw error;
    }
    return { close: () => this.#unwatch(path, token) };
  }

  async transaction<Result>(body: (nodes: XenStoreNodes) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const payload = await this.connection.request("TRANSACTION_START", "", 0, encodeStrings(""));
      const id = Number(decodeStrings(payload)[0]);
      let result: Result;
      try {
        result = await body(new Nodes(this.connection, id));
      } catch (error) {
        await this.#endTransaction(id, "F").catch(() => {});
        throw error;
      }
      try {
        await this.#endTransaction(id, "T");
        return result;
      } catch (error) {
        if (!isXenStoreError(error, "EAGAIN") || attempt === TRANSACTION_ATTEMPTS) throw error;
      }
    }
  }

  close(): Promise<void> {
    this.connection.close();
    this.#listeners.clear();
    return Promise.resolve();
  }

  async #endTransaction(id: number, verdict: "T" | "F"): Promise<void> {
    await this.connection.request("TRANSACTION_END", "", id, encodeStrings(verdict));
  }

  async #unwatch(path: string, token: string): Promise<void> {
    if (!this.#listeners.delete(token)) return;
    // A connection that is gone, or going, takes its watches with it.
    await this.connection.request("UNWATCH", path, 0, encodeStrings(path, token)).catch(() => {});
  }
}

async function orAbsent<Result>(found: Promise<Result>): Promise<Result | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isXenStoreError(error, "ENOENT")) return undefined;
    throw error;
  }
}
