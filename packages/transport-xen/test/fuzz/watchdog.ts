import { Worker } from "node:worker_threads";

/**
 * Ends the process when it has not called `alive` for so long: a loop that never ends lets nothing else in this thread run.
 * What was being done is what `alive` was last told.
 */
export function watchdog(seconds: number): { alive(what: string): void; stop(): Promise<number> } {
  const shared = new Uint8Array(new SharedArrayBuffer(512));
  const worker = new Worker(
    `const { workerData: { shared, seconds } } = require("node:worker_threads");
     let last = "";
     setInterval(() => {
       const now = Buffer.from(shared).toString().replace(/\\0.*/s, "");
       if (now === last) {
         require("node:fs").writeSync(1, "not ok - hangs: repeat it with " + now + "\\n");
         process.kill(process.pid, "SIGKILL");
       }
       last = now;
     }, seconds * 1000);`,
    { eval: true, workerData: { shared, seconds } },
  );
  worker.unref();
  return {
    alive(what) {
      shared.set(Buffer.from(`${what}\0`).subarray(0, shared.length));
    },
    stop: () => worker.terminate(),
  };
}
