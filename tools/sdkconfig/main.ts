#!/usr/bin/env node
/*
 * nerveshub-sdkconfig: the command. It writes the folder of options of an app for one target. It then tells whether an update
 * is safe on the build that mcconfig makes, and whether the manifests include everything that the app imports of the agent,
 * in one copy.
 *
 * Exit status: 0 written and safe; 1 not written or not safe; 2 wrong arguments; 3 without a Moddable SDK.
 */

import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endOnClosedPipe } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { findSdk, type Sdk } from "../xs/sdk.js";
import { examine, isPlatform } from "./examine.js";
import { includeLines } from "./folder.js";

const help = `Usage: nerveshub-sdkconfig [MANIFEST] -p esp32/TARGET [-p …]

Writes .build/sdkconfig/esp32/TARGET beside MANIFEST: the ESP-IDF options of the target, what a device needs so that a bad
update never stays, and the application's own (its SDKCONFIGPATH), the later ones over the earlier. MANIFEST is
manifest.json unless it is named, or else package.json (an app for mcpack). The app takes the options with

  ${includeLines}

which also splits the target's factory partition in two slots, unless the app names a PARTITIONS_FILE of its own or the
table has slots. Then it generates the app, and says what is missing: a module of the agent that a JavaScript module imports
and no manifest includes too, and a second copy of the agent. To be run again when the app's options or table, this
package or the SDK have changed. Needs the Moddable SDK ($MODDABLE), no ESP-IDF.

  -p, --platform NAME   as for mcconfig: esp32/TARGET, or esp32:FOLDER of a target of your own, from MANIFEST's folder
  -h, --help            print this

Exit status: 0 done, and an update is safe; 1 it is not; 2 wrong arguments; 3 no Moddable SDK.
`;

/** @returns whether an update is safe */
function run(sdk: Sdk, manifest: string, platform: string): boolean {
  const scratch = mkdtempSync(join(tmpdir(), "nerveshub-sdkconfig-"));
  try {
    const { path, faults, notes } = examine(sdk, manifest, platform, scratch);
    console.log(`${relative(".", path)} is written.`);
    for (const note of notes) console.log(`Note: ${note}`);
    for (const fault of faults) console.error(fault);
    if (faults.length === 0) console.log("Rollback, image check and watchdog are on, and there are two slots.");
    return faults.length === 0;
  } catch (error) {
    console.error(sentenceOf(error));
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function wrong(sentence: string): void {
  process.stderr.write(`nerveshub-sdkconfig: ${sentence}\n\n${help}`);
  process.exitCode = 2;
}

function main(): void {
  const options = {
    platform: { type: "string", short: "p", multiple: true },
    help: { type: "boolean", short: "h" },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    wrong(sentenceOf(error));
    return;
  }
  const { values, positionals } = parsed;
  const platforms = values.platform ?? [];
  const manifest = resolve(positionals[0] ?? (existsSync("manifest.json") ? "manifest.json" : "package.json"));
  const isFile = statSync(manifest, { throwIfNoEntry: false })?.isFile();
  if (values.help) process.stdout.write(help);
  else if (positionals.length > 1) wrong("One MANIFEST is enough.");
  else if (platforms.length === 0 || !platforms.every(isPlatform)) wrong("-p wants esp32/TARGET.");
  else if (positionals.length === 0 && !isFile) wrong("There is neither manifest.json nor package.json here.");
  else if (!isFile) wrong(`There is no file ${manifest}.`);
  else {
    const sdk = findSdk();
    const safe = platforms.map((platform) => run(sdk, manifest, platform));
    if (safe.includes(false)) process.exitCode = 1;
  }
}

endOnClosedPipe();
main();
