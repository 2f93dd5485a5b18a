/*
 * Generation: an app generated for an ESP32 target by mcconfig without -m, which needs no ESP-IDF, and read from its files.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Sdk } from "../xs/sdk.js";
import { leftOutByMcpack } from "./app-modules.js";

export interface Generation {
  /** mcconfig's folder of generated files. */
  readonly folder: string;
  /** "esp32/moddable_six", or "esp32" */
  readonly platform: string;
  /** The chip's name in ESP-IDF. */
  readonly chip: string;
  /** Folder of the target's manifest; "" where the platform has no target. */
  readonly targetFolder: string;
  /** The folder of options that the build takes, absolute; "" where there is none. */
  readonly optionsFolder: string;
  /** The table that a manifest names with PARTITIONS_FILE, absolute; it wins over the target's. */
  readonly ownTable: string | undefined;
  /** The table of PARTITIONS_FILE_FOR_TARGET, absolute: the target's, where the target has one. */
  readonly tableForTarget: string | undefined;
  /** The merged options, sdkconfig.mc. */
  readonly options: string;
  /** The table that is flashed, as CSV. */
  readonly partitions: string;
}

/** The variables at the head of mcconfig's makefile: those under "build" in manifests, and the platform. */
function readVariables(makefile: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of makefile.split("\n")) {
    const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (name === "BIN_DIR") break;
    if (name !== undefined) variables.set(name, value.replaceAll("\\ ", " "));
  }
  return variables;
}

/** Names the partition tables that are missing: mcconfig says "No such file or directory" without a name. */
function missingTables(manifest: string): string {
  const named = readFileSync(manifest, "utf8").matchAll(/"(PARTITIONS_FILE(?:_FOR_TARGET)?)"\s*:\s*"([^"$]+)"/g);
  return [...named]
    .filter(([, , path]) => !existsSync(resolve(dirname(manifest), path)))
    .map(([, name, path]) => `\n${name} is ${path}, and there is no ${resolve(dirname(manifest), path)}.`)
    .join("");
}

/** How a generation differs from a build that the app's developer makes. */
export interface Circumstances {
  /** Where mcconfig runs: paths that begin with neither "./" nor "/" are looked up there. Absent: the manifest's folder. */
  readonly cwd?: string;
  /** Variables in addition to the SDK's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Name of the platform for messages. */
  readonly called?: string;
}

/**
 * @param manifest path of the app's manifest, or of the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param output folder of this app's generated files
 * @throws Error with the output of mcconfig
 */
export function generateApp(
  sdk: Sdk,
  manifest: string,
  platform: string,
  output: string,
  { cwd = dirname(manifest), environment = {}, called = platform }: Circumstances = {},
): Generation {
  mkdirSync(output, { recursive: true });
  const packed = basename(manifest) === "package.json";
  const options = ["-p", platform, "-o", output];
  const [command, ...args] = packed ? ["mcpack", "mcconfig", ...options] : ["mcconfig", ...options, manifest];
  const env = { ...sdk.environment, ...environment };
  const ran = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 << 20 });
  const said = ran.error?.message ?? `${ran.stdout}${ran.stderr}`;
  // mcpack ends with status 0 also when it has failed.
  if (ran.status !== 0 || (packed && /error/i.test(said))) {
    const missing = packed ? leftOutByMcpack(manifest, said) : [];
    const lines = [`${command} -p ${called}: ${said.trim().replaceAll(platform, called)}`, ...missing].join("\n");
    throw new Error(`${lines}${missingTables(manifest)}`);
  }
  return readGeneration(projectsOf(output, platform, cwd), cwd);
}

/** mcconfig's folder for a target. A target that is given by its path may have another name in its manifest. */
function projectsOf(output: string, platform: string, cwd: string): string {
  const [, separator, target = ""] = /^esp32(?:([/:])(.+))?$/.exec(platform.toLowerCase()) ?? [];
  const given = separator === ":" ? targetName(resolve(cwd, target)) : target;
  return join(output, "tmp/esp32", given, "release");
}

function targetName(folder: string): string {
  const { build } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    build?: { SUBPLATFORM?: string };
  };
  return build?.SUBPLATFORM ?? basename(folder);
}

function readGeneration(projects: string, cwd: string): Generation {
  const found = existsSync(projects)
    ? readdirSync(projects).filter((name) => existsSync(join(projects, name, "makefile")))
    : [];
  if (found.length !== 1) throw new Error(`mcconfig wrote ${found.length} makefiles below ${projects}`);
  const folder = join(projects, found[0]);
  const variables = readVariables(readFileSync(join(folder, "makefile"), "utf8"));
  const chip = variables.get("ESP32_SUBCLASS") ?? "esp32";
  const project = join(folder, `xsProj-${chip}`);
  const path = (name: string) => {
    const value = variables.get(name);
    return value === undefined ? undefined : resolve(cwd, value);
  };
  return {
    folder,
    platform: variables.get("FULLPLATFORM") ?? "esp32",
    chip,
    targetFolder: path("SUBPLATFORMDIRECTORY") ?? "",
    optionsFolder: path("SDKCONFIGPATH") ?? "",
    ownTable: path("PARTITIONS_FILE"),
    tableForTarget: path("PARTITIONS_FILE_FOR_TARGET"),
    options: readFileSync(join(project, "sdkconfig.mc"), "utf8"),
    partitions: readFileSync(join(project, "partitions.csv"), "utf8"),
  };
}
