/*
 * One app on one target: the folder of nerveshub-sdkconfig is written, the app generated below .build/, and what came out is
 * judged.
 */

import { join, resolve } from "node:path";
import { lostTo, writeFolder } from "../sdkconfig/folder.js";
import { type Generation, generateApp } from "../sdkconfig/generation.js";
import { readTable, slotsOf } from "../sdkconfig/table-faults.js";
import { flashSize, judge } from "../sdkconfig/verdict.js";
import { BUILDS, type Sdk } from "../xs/sdk.js";
import { readOptions } from "./options.js";

/** Of all apps that are checked in one run. */
const targets = new Map<string, Generation>();

export interface Safety {
  /** What an update can go wrong on, a sentence each. */
  readonly faults: readonly string[];
  /** What a reader wants to see of it. */
  readonly summary: string;
}

/**
 * @param name of the output folder below .build
 * @throws Error with what mcconfig said
 */
export function checkSafety(sdk: Sdk, manifest: string, name: string, platform: string): Safety {
  const { path, expectation } = writeFolder(sdk, manifest, platform, targets);
  const build = generateApp(sdk, manifest, platform, join(BUILDS, name));
  const faults = judge(build, expectation);
  if (faults.length > 0 && resolve(build.optionsFolder) !== path) faults.push(lostTo(build.optionsFolder));
  const psram = readOptions(build.options).get("CONFIG_SPIRAM") === "y" ? "PSRAM" : "no PSRAM";
  const summary = `${slotSizes(build.partitions)}; flash ${flashSize(build.options) >> 20} MB, ${psram}`;
  return { faults, summary };
}

/** A table that is none is among the faults. */
function slotSizes(csv: string): string {
  try {
    return (
      slotsOf(readTable(csv))
        .map(({ name, size }) => `${name} ${size / 1024} KB`)
        .join(", ") || "no slots"
    );
  } catch {
    return "no table";
  }
}
