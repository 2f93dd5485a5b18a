/*
 * Examines one app on one target: writes the app's folder of options, generates the app with it, and judges the result.
 */

import type { Sdk } from "../xs/sdk.js";
import { moduleFaults } from "./app-modules.js";
import { lostTo, writeFolder } from "./folder.js";
import { type Generation, generateApp } from "./generation.js";
import { tableNotes } from "./table-faults.js";
import { judge, tableOffset } from "./verdict.js";

export interface Examination {
  /** The folder that was written. */
  readonly path: string;
  /** The app that mcconfig generates with the folder. */
  readonly build: Generation;
  /** A sentence for each thing that makes updates unsafe, and for each module that the device would not find; first things first. */
  readonly faults: readonly string[];
  /** Hints for the developer, a sentence each; no faults. */
  readonly notes: readonly string[];
}

/** Whether `platform`, mcconfig's -p, is one that folders of options are written for. */
export function isPlatform(platform: string): boolean {
  return /^esp32([/:].|$)/.test(platform);
}

/**
 * @param manifest absolute path of the app's manifest, or of the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param output folder of generated files
 * @param targets targets that were generated for other apps; that of `platform` is added
 * @throws Error with the output of mcconfig
 */
export function examine(
  sdk: Sdk,
  manifest: string,
  platform: string,
  output: string,
  targets = new Map<string, Generation>(),
): Examination {
  const { path, expectation, notes } = writeFolder(sdk, manifest, platform, targets);
  const build = generateApp(sdk, manifest, platform, output);
  const faults = judge(build, expectation);
  // First, since the written folder mends most of the others.
  if (faults.length > 0 && build.optionsFolder !== path) faults.unshift(lostTo(build.optionsFolder, build.platform));
  faults.push(...moduleFaults(build.folder, manifest));
  return { path, build, faults, notes: [...notes, ...tableNotes(build.partitions, tableOffset(build.options))] };
}
