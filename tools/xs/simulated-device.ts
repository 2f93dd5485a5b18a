/*
 * Runs a device in the simulator: makes its flash, as by cable and by provisioning, and runs the app's `-p lin` build on it
 * until the hub has seen the update confirmed.
 */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { FlashStore } from "../../hosts/flash-model/flash-store.js";
import { NorFlash } from "../../hosts/flash-model/nor-flash.js";
import { openPartition, partitionTable } from "../../hosts/flash-model/partition-table.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { NodeFile } from "../../hosts/node/node-file.js";
import { defaultChipId, flashByCable } from "../../hosts/node/node-platform.js";
import type { Hub } from "../hub/hub.js";
import { type HeapSample, startProduct } from "./loader.js";

const deadlineSeconds = 120;
/** Write unit of the simulated flash in bytes, as in hosts/simulator. */
const writeSize = 16;

/** Made-up images of the simulator's chip. */
export const simulatedImage = (product: string, version: string): Uint8Array =>
  buildImage({ chipId: defaultChipId, projectName: product, version }, nodeCrypto);

/** The environment for the simulator's host: the flash in `folder`, and an identifier. */
export const environmentOf = (folder: string): NodeJS.ProcessEnv => ({
  ...process.env,
  NERVESHUB_FLASH: join(folder, "flash.bin"),
  NERVESHUB_IDENTIFIER: "simulated-device",
});

/** A new flash with an image and the settings of src/main.ts in its store. */
export function provision(folder: string, image: Uint8Array, settings: Map<string, Uint8Array | string>): void {
  flashByCable(folder, image);
  const table = partitionTable();
  const file = new NodeFile(join(folder, "flash.bin"), table.flashSize);
  const store = new FlashStore(openPartition(new NorFlash(file, writeSize), table.state));
  for (const [key, value] of settings) store.set(key, new Uint8Array(Buffer.from(value as Uint8Array)));
  file.close();
}

export interface SimulatedRun {
  /** undefined when the hub saw the new image confirmed. */
  failure: string | undefined;
  seconds: number;
  /** What the device printed and the hub saw, in order. */
  lines: string[];
  /** Of a measured instrumented build: the largest value of each field during the update, and those that remain afterwards. */
  heap: { update: HeapSample; idle: HeapSample } | undefined;
}

/** Samples come once a second. */
const idleSeconds = 4;
/** Until the extensions are joined, and the server's first questions to them are answered. */
const settleSeconds = 4;

/** @param choose of the values of a column: the most is the peak; the least stays, where a sample may fall into a message */
function summary(samples: HeapSample[], choose: (...values: number[]) => number): HeapSample {
  const of = (name: keyof HeapSample) => choose(...samples.map((sample) => sample[name]));
  return { chunks: of("chunks"), slots: of("slots"), stack: of("stack") };
}

/**
 * Runs the app until `hub` has seen its update confirmed, or something fails.
 * @param environment the app's environment, which its host reads (hosts/simulator/simulator-platform.ts)
 */
export async function runUpdate(
  loader: string,
  product: string,
  hub: Hub,
  environment: NodeJS.ProcessEnv,
  measured = false,
): Promise<SimulatedRun> {
  const lines: string[] = [];
  const samples: HeapSample[] = [];
  const started = performance.now();
  const device = startProduct(
    loader,
    product,
    deadlineSeconds,
    environment,
    (line) => lines.push(line),
    measured ? (sample) => samples.push(sample) : undefined,
  );
  const confirmed = new Promise<undefined>((settle) => {
    hub.onEvent(({ kind, text }) => {
      lines.push(`hub: ${kind}: ${text}`);
      if (kind === "validated") settle(undefined);
    });
  });
  const died = device.ended.then((status) => `the app ended with status ${status}`);
  const failure = await Promise.race([confirmed, died]);
  const seconds = (performance.now() - started) / 1000;
  let heap: SimulatedRun["heap"];
  if (samples.length > 0 && failure === undefined) {
    const update = summary(samples.splice(0), Math.max);
    await setTimeout(settleSeconds * 1000);
    samples.length = 0;
    await setTimeout(idleSeconds * 1000);
    heap = { update, idle: summary(samples, Math.min) };
  }
  device.stop();
  await device.ended;
  return { failure, seconds, lines, heap };
}
