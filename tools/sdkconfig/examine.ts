/*
 * One app on one target: its folder of options is written, the app generated with it, and what came out is judged.
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
  /** What mcconfig makes of the app with it. */
  readonly build: Generation;
  /** What an update can go wrong on, and what the device would not find, a sentence each. */
  readonly faults: readonly string[];
  /** What the developer may want to know, a sentence each. */
  readonly notes: readonly string[];
}

/** mcconfig's -p that there are folders of options for. */
export function isPlatform(platform: string): boolean {
  return /^esp32([/:].|$)/.test(platform);
}

/**
 * @param manifest absolute path of the app's manifest, or of the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param output folder of generated files
 * @param targets as they were generated for other apps; the platform's is added
 * @throws Error with what mcconfig said
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
  if (faults.length > 0 && build.optionsFolder !== path) faults.push(lostTo(build.optionsFolder, build.platform));
  faults.push(...moduleFaults(build.folder, manifest));
  return { path, build, faults, notes: [...notes, ...tableNotes(build.partitions, tableOffset(build.options))] };
}
