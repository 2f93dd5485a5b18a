#!/usr/bin/env node
/*
 * nerveshub-sdkconfig: the command. It writes the folder of options of an app for one target, and says whether an update is
 * safe on the build that mcconfig then makes.
 *
 * Exit status: 0 written, and safe; 1 not; 2 wrong arguments; 3 without a Moddable SDK.
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endOnClosedPipe } from "../ending.js";
import { findSdk } from "../xs/sdk.js";
import { includeLines, lostTo, writeFolder } from "./folder.js";
import { generateApp } from "./generation.js";
import { judge } from "./verdict.js";

const help = `Usage: nerveshub-sdkconfig [MANIFEST] -p esp32/TARGET

Writes .build/sdkconfig/esp32/TARGET beside MANIFEST (default: manifest.json): the ESP-IDF options of the target, what a
device needs so that a bad update never stays, and the application's own (its SDKCONFIGPATH), the later ones over the
earlier. The app takes them with

  ${includeLines}

which also splits the target's factory partition in two slots, unless the app names a PARTITIONS_FILE of its own. Then it
generates the app, and says what is missing. Needs the Moddable SDK ($MODDABLE), no ESP-IDF.

  -p, --platform NAME   as for mcconfig
  -h, --help            print this

Exit status: 0 done, and an update is safe; 1 it is not; 2 wrong arguments; 3 no Moddable SDK.
`;

function run(manifest: string, platform: string): void {
  const sdk = findSdk();
  const { path, expectation } = writeFolder(sdk, manifest, platform);
  console.log(`${relative(".", path)} is written.`);
  const scratch = mkdtempSync(join(tmpdir(), "nerveshub-sdkconfig-"));
  try {
    const build = generateApp(sdk, manifest, platform, scratch);
    const faults = judge(build, expectation);
    for (const fault of faults) console.error(fault);
    if (faults.length > 0 && resolve(build.optionsFolder) !== path) console.error(lostTo(build.optionsFolder));
    if (faults.length > 0) process.exitCode = 1;
    else console.log("Rollback, image check and watchdog are on, and there are two slots.");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function wrong(sentence: string): void {
  process.stderr.write(`nerveshub-sdkconfig: ${sentence}\n\n${help}`);
  process.exitCode = 2;
}

function main(): void {
  const options = { platform: { type: "string", short: "p" }, help: { type: "boolean", short: "h" } } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    wrong(error instanceof Error ? error.message : String(error));
    return;
  }
  const { values, positionals } = parsed;
  const manifest = resolve(positionals[0] ?? "manifest.json");
  if (values.help) process.stdout.write(help);
  else if (positionals.length > 1) wrong("One MANIFEST is enough.");
  else if (!/^esp32([/:]|$)/.test(values.platform ?? "")) wrong("-p wants esp32/TARGET.");
  else if (!existsSync(manifest)) wrong(`There is no ${manifest}.`);
  else {
    try {
      run(manifest, values.platform!);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
}

endOnClosedPipe();
main();
