/*
 * Where the Moddable SDK is, and running its tools. Everything that needs the SDK ends with status 3 and one sentence
 * when the machine has none: .ci/run then prints "skipped", never "passed".
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Exit status for "this machine lacks what the command needs". */
export const LACKING = 3;

/** The repository, from dist/tools/xs. */
export const ROOT = resolve(import.meta.dirname, "../../..");

/** Builds go here; ignored by git. */
export const BUILDS = join(ROOT, ".build");

export interface Sdk {
  /** $MODDABLE */
  readonly home: string;
  /** For child processes: MODDABLE set, its tools on the PATH. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Ends the program: what is missing, in one line. */
export function lacking(sentence: string): never {
  console.log(sentence);
  process.exit(LACKING);
}

/** The SDK of $MODDABLE, else where xs-dev installs it; ends with status 3 without one. */
export function findSdk(): Sdk {
  const home = process.env["MODDABLE"] ?? join(homedir(), ".local/share/moddable");
  const platform = process.platform === "darwin" ? "mac" : process.platform === "win32" ? "win" : "lin";
  const tools = join(home, "build/bin", platform, "release");
  if (!existsSync(tools)) lacking(`no Moddable SDK: set MODDABLE, or install one with xs-dev (looked in ${home})`);
  const environment = { ...process.env, MODDABLE: home, PATH: `${tools}:${process.env["PATH"]}` };
  return { home, environment };
}

export interface Build {
  manifest: string;
  /** The manifest's build.NAME; the output's folder has that name. */
  name: string;
  /** mcconfig's -p */
  platform: string;
  /** "-d", "-i" or neither */
  kind?: string;
  /** key=value pairs for mc/config */
  config?: string[];
}

const kindFolders = new Map([
  ["-d", "debug"],
  ["-i", "instrument"],
]);

export interface Product {
  /** The folder with mc.so, xs_esp32.bin, … */
  readonly folder: string;
  /** What the linker warned about: state that cannot be preloaded ("not frozen", "no const"), lost optimisations. */
  readonly warnings: readonly string[];
}

/** Builds with mcconfig below `.build/`, quietly; on failure prints what it said and ends with status 1. */
export function mcconfig(sdk: Sdk, build: Build): Product {
  const output = join(BUILDS, build.name);
  mkdirSync(output, { recursive: true });
  const flags = [...(build.kind ? [build.kind] : []), "-m", "-p", build.platform, "-t", "build", "-o", output];
  const run = spawnSync("mcconfig", [...flags, build.manifest, ...(build.config ?? [])], {
    env: sdk.environment,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const lines = `${run.stdout}${run.stderr}`.split("\n");
  if (run.status !== 0) {
    console.error(lines.filter((line) => !/^# /.test(line)).join("\n"));
    console.error(`${build.name}: the build failed`);
    process.exit(1);
  }
  // What the SDK's own TLS keeps between calls is not ours to freeze.
  const warnings = lines.filter((line) => /not frozen|no const|cannot optimize/.test(line) && !/: ssl\//.test(line));
  for (const warning of warnings) console.error(warning);
  const kind = kindFolders.get(build.kind ?? "") ?? "release";
  const middle = build.platform === "lin" ? ["lin/mc"] : [build.platform];
  return { folder: join(output, "bin", ...middle, kind, build.name), warnings };
}
