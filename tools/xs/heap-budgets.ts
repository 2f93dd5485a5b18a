/*
 * Heap budgets: how much of the heap the agent may use when it is joined over TLS and idle (heap-budgets.json): the core
 * alone, with two features, and with the features that ran by default before there were features. Part of
 * `npm run sim -- -i`.
 *
 * Slots are those of a 64-bit XS (32 bytes; a device's have 16). The chunks of an app with the platform and no link, which
 * are those of the simulator's flash model, are subtracted.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Hub } from "../hub/hub.js";
import type { HubTls } from "../hub/options.js";
import { startProduct } from "./loader.js";
import { mcconfig, ROOT, type Sdk } from "./sdk.js";
import { environmentOf, provision, runUpdate, simulatedImage } from "./simulated-device.js";

const slotBytes = 32;
const product = "nh-demo";
/** The download has to last for some samples, of which there is one a second. */
const downloadBytesPerSecond = 200_000;

/** Samples come once a second. */
const platformSeconds = 4;

interface Budget {
  readonly slots: number;
  /** Bytes. */
  readonly chunks: number;
}

export interface Access {
  readonly key: string;
  readonly secret: string;
  readonly tls: HubTls | undefined;
  /** DER of the hub's root. */
  readonly ca: Uint8Array;
}

/** Bytes of chunks with the platform alone, in the last sample, when the platform is complete. */
async function platformChunks(loader: string, app: string, data: string): Promise<number> {
  mkdirSync(data);
  provision(data, simulatedImage(product, "1.0.0"), new Map([["choice", "platform"]]));
  const chunks: number[] = [];
  const device = startProduct(
    ...([loader, app, platformSeconds * 2, environmentOf(data)] as const),
    () => undefined,
    (sample) => chunks.push(sample.chunks),
  );
  await setTimeout(platformSeconds * 1000);
  device.stop();
  await device.ended;
  if (chunks.length === 0) throw new Error("the app without a link was not measured");
  return chunks.at(-1)!;
}

/** @param folder a folder for flash files @returns a sentence for each case that is above its budget or failed */
export async function checkHeap(sdk: Sdk, loader: string, folder: string, access: Access): Promise<string[]> {
  const budgets = JSON.parse(readFileSync(join(ROOT, "tools/xs/heap-budgets.json"), "utf8")) as Record<string, Budget>;
  const manifest = join(ROOT, "test/xs/choices/manifest.json");
  const { folder: app } = mcconfig(sdk, { manifest, name: "nerveshub-choices", platform: "lin", kind: "-i" });
  const flashModel = await platformChunks(loader, app, join(folder, "heap-platform"));
  const faults: string[] = [];
  for (const [choice, budget] of Object.entries(budgets)) {
    const data = join(folder, `heap-${choice}`);
    mkdirSync(data);
    const { key, secret, tls, ca } = access;
    const hub = new Hub({
      ...{ product, keys: [{ key, secret }], tls, downloadBytesPerSecond },
      ...{ offerDelayMs: 300, deltas: "off" },
    });
    await hub.start();
    hub.addImage(simulatedImage(product, "1.1.0"), "newer.bin");
    const settings: [string, Uint8Array | string][] = [
      ...([
        ["choice", choice],
        ["ca", ca],
        ["host", "127.0.0.1"],
        ["port", String(hub.port)],
      ] as const),
      ...([
        ["shared-key", key],
        ["shared-secret", secret],
      ] as const),
    ].map(([name, value]) => [name, value]);
    provision(data, simulatedImage(product, "1.0.0"), new Map(settings));
    const { failure, heap, lines } = await runUpdate(loader, app, hub, environmentOf(data), true);
    await hub.stop();
    if (failure !== undefined || heap === undefined) {
      faults.push(`${choice}: ${failure ?? "was not measured"}\n${lines.join("\n")}`);
      continue;
    }
    const slots = Math.round(heap.idle.slots / slotBytes);
    const chunks = heap.idle.chunks - flashModel;
    console.log(
      `idle over TLS, ${choice}: ${slots} slots (at most ${budget.slots}), ${chunks} bytes of chunks (${budget.chunks})`,
    );
    if (slots > budget.slots)
      faults.push(`${choice}: ${slots} slots idle over TLS, where ${budget.slots} are the most`);
    if (chunks > budget.chunks)
      faults.push(`${choice}: ${chunks} bytes of chunks, where ${budget.chunks} are the most`);
  }
  return faults;
}
