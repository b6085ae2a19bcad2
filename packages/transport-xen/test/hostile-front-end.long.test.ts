import { expect, test } from "vitest";
import { localWorld, memoryWorld } from "../../engine/test/fuzz/worlds.ts";
import { honestDevice, runDeviceCase } from "./fuzz/device-case.ts";
import { runMessageCase } from "./fuzz/message-case.ts";
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
  const world = await memoryWorld();
  const reasons = new Set<string | undefined>();
  for (let i = 0; i < 50; i++) {
    reasons.add((await runDeviceCase((SEED + i) >>> 0, world.tree)).reason);
    await honest.check();
  }
  expect(reasons.size).toBeGreaterThan(3);
  await world.close();
  await honest.close();
});

test(`hostile messages reach nothing outside ring and share (seed ${SEED})`, async () => {
  const world = await localWorld();
  let handled = 0;
  for (let i = 0; i < 40; i++) handled += (await runMessageCase((SEED + i) >>> 0, world.tree)).handled;
  expect(handled).toBeGreaterThan(1000);
  world.check();
  await world.close();
});
