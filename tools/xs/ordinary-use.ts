/*
 * Ordinary use, end to end on XS: does to an application (test/xs/ordinary-use), through the desk hub, everything that an
 * operator may do to a device on any day. A part of `npm run sim`.
 *
 * The rule it guards: no ordinary use ends the program, since every end restarts a device. The loader's exit status tells a
 * stack overflow (66) or a dropped rejection (72), and either is a failure here.
 *
 * Each kind of use is a file in uses/ and stands in the list below.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mcconfig, ROOT, type Sdk } from "./sdk.js";
import type { Use, UsedApp } from "./use.js";
import { UsedDevice } from "./used-device.js";
import { commandUses } from "./uses/commands.js";
import { pathUses } from "./uses/paths.js";
import { textUses } from "./uses/texts.js";

const uses: readonly Use[] = [...commandUses, ...pathUses, ...textUses];

/** @returns how many passed and failed @param filter only those whose name contains it */
export async function ordinaryUse(
  sdk: Sdk,
  loader: string,
  folder: string,
  filter: string,
): Promise<{ passed: number; failed: number }> {
  const products = new Map<UsedApp, string>();
  let passed = 0;
  let failed = 0;
  for (const [index, { name, app, forgetsMs, run }] of uses.entries()) {
    if (!name.includes(filter)) continue;
    let product = products.get(app);
    if (product === undefined) {
      const manifest = join(ROOT, "test/xs", app.folder, "manifest.json");
      product = mcconfig(sdk, { manifest, name: app.name, platform: "lin" }).folder;
      products.set(app, product);
    }
    const data = join(folder, `use-${index}`);
    mkdirSync(data);
    const device = await UsedDevice.start(loader, product, data, forgetsMs);
    let failure: string | undefined;
    try {
      await device.joined();
      await run(device);
      await device.stillAnswers();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await device.stop();
    if (failure === undefined) passed++;
    else {
      failed++;
      console.log(device.lines.join("\n"));
    }
    console.log(`${name}: ${failure === undefined ? "works" : `FAILED: ${failure}`}`);
  }
  return { passed, failed };
}
