/*
 * What a build of an app for an ESP32 target would be: mcconfig without -m, which needs no ESP-IDF, and what it wrote.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Sdk } from "../xs/sdk.js";

export interface Generation {
  /** "esp32/moddable_six", or "esp32" */
  readonly platform: string;
  /** The chip's name in ESP-IDF. */
  readonly chip: string;
  /** Of the target's manifest; "" where the platform has no target. */
  readonly targetFolder: string;
  /** The one folder of options that won. */
  readonly optionsFolder: string;
  /** The table that a manifest named with PARTITIONS_FILE; it wins over the target's. */
  readonly ownTable: string | undefined;
  /** The merged options, sdkconfig.mc. */
  readonly options: string;
  /** The table that is flashed, as CSV. */
  readonly partitions: string;
}

/** The variables at the head of mcconfig's makefile: what manifests said under "build", and the platform. */
function readVariables(makefile: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of makefile.split("\n")) {
    const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (name === "BIN_DIR") break;
    if (name !== undefined) variables.set(name, value.replaceAll("\\ ", " "));
  }
  return variables;
}

/**
 * @param manifest of the app: a manifest, or the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param output folder of this app's generated files
 * @throws Error with what mcconfig said
 */
export function generateApp(sdk: Sdk, manifest: string, platform: string, output: string): Generation {
  mkdirSync(output, { recursive: true });
  const packed = basename(manifest) === "package.json";
  const options = ["-p", platform, "-o", output];
  const [command, ...args] = packed ? ["mcpack", "mcconfig", ...options] : ["mcconfig", ...options, manifest];
  const cwd = dirname(manifest);
  const ran = spawnSync(command, args, { cwd, env: sdk.environment, encoding: "utf8", maxBuffer: 64 << 20 });
  const said = ran.error?.message ?? `${ran.stdout}${ran.stderr}`;
  // mcpack ends with 0 whatever happens.
  if (ran.status !== 0 || (packed && /error/i.test(said))) throw new Error(`${command} -p ${platform}: ${said.trim()}`);
  return readGeneration(output, platform);
}

function readGeneration(output: string, platform: string): Generation {
  const [, target] = /^esp32[/:](?:.*\/)?(.+)$/.exec(platform.toLowerCase()) ?? [];
  const projects = join(output, "tmp/esp32", target ?? "", "release");
  const found = existsSync(projects)
    ? readdirSync(projects).filter((name) => existsSync(join(projects, name, "makefile")))
    : [];
  if (found.length !== 1) throw new Error(`mcconfig wrote ${found.length} makefiles below ${projects}`);
  const folder = join(projects, found[0]);
  const variables = readVariables(readFileSync(join(folder, "makefile"), "utf8"));
  const chip = variables.get("ESP32_SUBCLASS") ?? "esp32";
  const project = join(folder, `xsProj-${chip}`);
  return {
    platform: variables.get("FULLPLATFORM") ?? "esp32",
    chip,
    targetFolder: variables.get("SUBPLATFORMDIRECTORY") ?? "",
    optionsFolder: variables.get("SDKCONFIGPATH") ?? "",
    ownTable: variables.get("PARTITIONS_FILE"),
    options: readFileSync(join(project, "sdkconfig.mc"), "utf8"),
    partitions: readFileSync(join(project, "partitions.csv"), "utf8"),
  };
}
