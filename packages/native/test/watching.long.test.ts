import { spawnSync } from "node:child_process";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  AT_FDCWD,
  close,
  createEventFd,
  drainEventFd,
  Errno,
  NativeMemory,
  openat,
  receive,
  send,
  signalEventFd,
  socketPair,
  watchReadable,
  watchWritable,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { countDescriptors } from "./folders.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !isTrue(); tries++) {
    await sleep(2);
  }
  expect(isTrue()).toBe(true);
}

describe("an eventfd", () => {
  it("counts signals until it is drained", () => {
    const fd = createEventFd(3);
    expect(drainEventFd(fd)).toBe(3);
    expect(drainEventFd(fd)).toBe(0);
    expect(signalEventFd(fd)).toBe(0);
    expect(signalEventFd(fd)).toBe(0);
    expect(drainEventFd(fd)).toBe(2);
    close(fd);
    expect(signalEventFd(fd)).toBe(-Errno.EBADF);
    expect(drainEventFd(fd)).toBe(-Errno.EBADF);
  });
});

describe("a watch", () => {
  it("calls back for each signal, and survives garbage collection without being held", async () => {
    const fd = createEventFd();
    let count = 0;
    watchReadable(fd, () => {
      count += drainEventFd(fd);
    }).unref();
    for (let round = 1; round <= 20; round++) {
      collectGarbage();
      signalEventFd(fd);
      await until(() => count === round);
    }
  });

  it("stays alive when its callback throws, and harms nobody", async () => {
    const fd = createEventFd();
    const errors: unknown[] = [];
    let calls = 0;
    const watch = watchReadable(
      fd,
      () => {
        drainEventFd(fd);
        calls++;
        throw new Error(`call ${calls}`);
      },
      {
        onError: (error) => {
          errors.push(error);
          throw new Error("the handler throws as well");
        },
      },
    );
    for (let round = 1; round <= 3; round++) {
      signalEventFd(fd);
      await until(() => calls === round);
    }
    expect(errors.map(String)).toEqual(["Error: call 1", "Error: call 2", "Error: call 3"]);
    watch.close();
    close(fd);
  });

  it("makes a warning of what nobody handles", async () => {
    const fd = createEventFd(1);
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const watch = watchReadable(fd, () => {
      watch.close();
      throw new Error("nobody handles this");
    });
    expect((await warned).message).toBe("nobody handles this");
    close(fd);
  });

  it("ends at once when closed, inside its callback too, and leaves no descriptor", async () => {
    const before = countDescriptors();
    const fd = createEventFd(1);
    let calls = 0;
    const watch = watchReadable(fd, () => {
      calls++;
      watch.close();
      watch.close();
      watch.ref();
      watch.unref();
    });
    await until(() => calls === 1);
    await sleep(10);
    expect(calls).toBe(1);
    const second = watchReadable(fd, () => calls++);
    second.close();
    await nextTurn();
    expect(calls).toBe(1);
    close(fd);
    expect(countDescriptors()).toBe(before);
  });

  it("may be one of several on a descriptor, for reading and for writing", async () => {
    const [near, far] = socketPair();
    using memory = NativeMemory.allocate(4096);
    const seen = { writable: 0, first: 0, second: 0 };
    const watches = [
      watchWritable(near, () => {
        seen.writable++;
      }),
      watchReadable(near, () => {
        seen.first++;
      }),
      watchReadable(near, () => {
        seen.second++;
      }),
    ];
    await until(() => seen.writable > 0);
    expect(seen.first).toBe(0);
    send(far, memory.address, 1);
    await until(() => seen.first > 0 && seen.second > 0);
    for (const watch of watches) {
      watch.close();
    }
    close(near);
    close(far);
  });

  it("goes on after a reset, until all that was sent has been read", async () => {
    const [near, far] = socketPair();
    using memory = NativeMemory.allocate(4096);
    const results: number[] = [];
    send(far, memory.address, 3);
    send(near, memory.address, 1);
    // The far end goes with unread data: the near end gets its three bytes, then ECONNRESET, then the end.
    close(far);
    const watch = watchReadable(near, () => results.push(receive(near, memory.address, 2, [])));
    await until(() => results.includes(0));
    watch.close();
    close(near);
    expect(results.filter((result) => result > 0)).toEqual([2, 1]);
  });

  it("refuses what cannot be watched, without harm", () => {
    const before = countDescriptors();
    const file = openat(AT_FDCWD, "/etc/passwd", 0);
    expect(() => watchReadable(file, () => {})).toThrow(/EPERM/);
    expect(() => watchReadable(9_999_999, () => {})).toThrow(/EBADF/);
    close(file);
    expect(countDescriptors()).toBe(before);
  });

  it("keeps the process alive unless it is unreferenced", () => {
    const native = fileURLToPath(new URL("../src/index.ts", import.meta.url));
    const run = (what: string) =>
      spawnSync(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          `import { createEventFd, watchReadable, drainEventFd, signalEventFd } from ${JSON.stringify(native)};
           const fd = createEventFd();
           const watch = watchReadable(fd, () => { drainEventFd(fd); console.log("called"); watch.close(); });
           ${what}`,
        ],
        { encoding: "utf8", timeout: 20_000 },
      );
    const referenced = run("setTimeout(() => signalEventFd(fd), 50).unref();");
    expect([referenced.status, referenced.stdout]).toEqual([0, "called\n"]);
    const unreferenced = run("watch.unref();");
    expect([unreferenced.status, unreferenced.stdout]).toEqual([0, ""]);
  });
});
