/*
 * Safety: checks that updates are safe on one app for one target, generated below .build/, and summarises the build.
 */

import { join } from "node:path";
import { type Examination, examine } from "../sdkconfig/examine.js";
import type { Generation } from "../sdkconfig/generation.js";
import { readTable, slotsOf } from "../sdkconfig/table-faults.js";
import { flashSize, tableOffset } from "../sdkconfig/verdict.js";
import { BUILDS, type Sdk } from "../xs/sdk.js";
import { readOptions } from "./options.js";

/** The targets that were generated in this run, for all apps. */
const targets = new Map<string, Generation>();

export interface Safety extends Examination {
  /** Slots, flash and PSRAM. */
  readonly summary: string;
}

/**
 * @param name name of the output folder below .build
 * @throws Error with the output of mcconfig
 */
export function checkSafety(sdk: Sdk, manifest: string, name: string, platform: string): Safety {
  const examination = examine(sdk, manifest, platform, join(BUILDS, name), targets);
  const { options, partitions } = examination.build;
  const psram = readOptions(options).get("CONFIG_SPIRAM") === "y" ? "PSRAM" : "no PSRAM";
  const slots = slotSizes(partitions, tableOffset(options));
  return { ...examination, summary: `${slots}; flash ${flashSize(options) >> 20} MB, ${psram}` };
}

/** The sizes of the slots, for the summary. It does not throw for an unreadable table, which is among the faults. */
function slotSizes(csv: string, offset: number): string {
  try {
    return (
      slotsOf(readTable(csv, offset))
        .map(({ name, size }) => `${name} ${size / 1024} KB`)
        .join(", ") || "no slots"
    );
  } catch {
    return "no table";
  }
}
