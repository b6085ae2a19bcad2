import { expect, test } from "vitest";
import { honestDevice, runDeviceCase } from "./fuzz/device-case.ts";
import { runRingCase } from "./fuzz/ring-case.ts";

const SEED = Math.floor(Math.random() * 2 ** 31);

test(`hostile rings are stopped or served, and nothing else is written (seed ${SEED})`, async () => {
  let stopped = 0;
  for (let i = 0; i < 2000; i++) {
    const { broken } = await runRingCase((SEED + i) >>> 0);
    if (broken !== undefined) stopped += 1;
  }
  expect(stopped).toBeGreaterThan(200);
});

test(`hostile devices end closed, and others go on (seed ${SEED})`, async () => {
  const honest = await honestDevice();
  for (let i = 0; i < 50; i++) {
    await runDeviceCase((SEED + i) >>> 0);
    await honest.check();
  }
  await honest.close();
});
