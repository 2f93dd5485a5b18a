/*
 * The folder of options that an app names for one target: the target's, then what a device of NervesHub needs, then the
 * application's own. With it a manifest for the app to include.
 *
 * An include, since mcconfig reads "build" of a manifest before those of its includes and the last one counts: an
 * SDKCONFIGPATH in the app's own manifest loses to that of the target, which manifest_base.json includes.
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { ROOT, type Sdk } from "../xs/sdk.js";
import { type Generation, generateApp } from "./generation.js";
import { fragmentFiles, type Layer, mergeLayers, readFragment, releaseOptions } from "./layers.js";
import type { Expectation } from "./verdict.js";

/** Beside the app's manifest. */
const written = ".build/sdkconfig";

/** For the app's manifest; mcconfig sets the variable to "esp32/TARGET". */
export const includeLines = `"platforms": {"esp32": {"include": "./${written}/$(FULLPLATFORM)/manifest.json"}}`;

/** @param optionsFolder what the build takes in place of the written one */
export function lostTo(optionsFolder: string): string {
  return `mcconfig takes one folder of options, here ${optionsFolder}. Put into the manifest: ${includeLines}`;
}

/** The version of an image is the application's to say. */
const applications = /^CONFIG_APP_PROJECT_VER(_|$)/;

function readLayer(folder: string): Layer {
  return fragmentFiles.map((file) => {
    const path = join(folder, file);
    return existsSync(path) ? readFragment(readFileSync(path, "utf8")) : new Map<string, string>();
  });
}

/** What a device needs over its target, whoever's application it runs. */
export function neededLayer(): Layer {
  return readLayer(join(ROOT, "sdkconfig")).map(
    (fragment) => new Map([...fragment].filter(([name]) => !applications.test(name))),
  );
}

/** An app that is nothing but its target. */
const bare = JSON.stringify({
  build: { NAME: "bare" },
  include: "$(MODDABLE)/examples/manifest_base.json",
  creation: {
    chunk: { initial: 1024, incremental: 1024 },
    heap: { initial: 64, incremental: 64 },
    stack: 64,
  },
});

/** The target as the SDK has it. @param scratch an empty folder */
function generateTarget(sdk: Sdk, platform: string, scratch: string): Generation {
  const manifest = join(scratch, "bare.json");
  writeFileSync(manifest, bare);
  return generateApp(sdk, manifest, platform, join(scratch, "bare"));
}

/**
 * What the app says without its target: it is generated for one of the same name and files that says nothing. It lies beside
 * the app, since mcconfig changes a platform's path to small letters.
 */
function generateOwn(sdk: Sdk, manifest: string, target: Generation, scratch: string): Generation {
  const output = join(scratch, "own");
  const [, name] = target.platform.split("/");
  if (name === undefined) return generateApp(sdk, manifest, target.platform, output);
  const around = join(written, `empty-${process.pid}`);
  const empty = join(around, name);
  const folder = join(dirname(manifest), empty);
  try {
    // Manifests of the SDK name files of the target.
    cpSync(target.targetFolder, folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ build: { ESP32_SUBCLASS: target.chip } }));
    return generateApp(sdk, manifest, `esp32:./${empty}`, output);
  } finally {
    rmSync(join(dirname(manifest), around), { recursive: true, force: true });
  }
}

function fragmentText(platform: string, options: ReadonlyMap<string, string>): string {
  const head = `# Written by nerveshub-sdkconfig for ${platform}: the target's options, what a device of NervesHub needs, and the
# application's own. To be written again when one of these has changed.
`;
  return `${head}${[...options].map((option) => `${option.join("=")}\n`).join("")}`;
}

export interface WrittenFolder {
  readonly path: string;
  readonly expectation: Expectation;
}

/**
 * Writes the folder of an app for a target.
 *
 * @param manifest absolute path of the app's manifest, or of the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param targets as they were generated for other apps; the platform's is added
 * @throws Error with what mcconfig said; no folder is left then, so that no build goes on with half of one
 */
export function writeFolder(
  sdk: Sdk,
  manifest: string,
  platform: string,
  targets = new Map<string, Generation>(),
): WrittenFolder {
  const scratch = mkdtempSync(join(tmpdir(), "nerveshub-sdkconfig-"));
  try {
    const target = targets.get(platform) ?? generateTarget(sdk, platform, scratch);
    targets.set(platform, target);
    const path = join(dirname(manifest), written, target.platform);
    mkdirSync(path, { recursive: true });
    try {
      return { path, expectation: fill(sdk, manifest, target, path, scratch) };
    } catch (error) {
      rmSync(join(path, "manifest.json"), { force: true });
      throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fill(sdk: Sdk, manifest: string, target: Generation, path: string, scratch: string): Expectation {
  const write = (build: object) => writeFileSync(join(path, "manifest.json"), `${JSON.stringify(build, null, 2)}\n`);
  // Says nothing, so that the app is heard.
  write({});
  const app = generateOwn(sdk, manifest, target, scratch);
  const defaults = join(sdk.home, "build/devices/esp32", `xsProj-${target.chip}`);
  const ours = join(dirname(manifest), written) + sep;
  /** Nothing where nobody named a folder, or only what was written here. */
  const layer = (folder: string) =>
    resolve(folder) === defaults || resolve(folder).startsWith(ours) ? undefined : readLayer(folder);
  const own = layer(app.optionsFolder);
  const needed = neededLayer();
  const layers = [layer(target.optionsFolder), needed, own].filter((one) => one !== undefined);
  mergeLayers(layers).forEach((options, at) => {
    const file = join(path, fragmentFiles[at]);
    if (options.size > 0) writeFileSync(file, fragmentText(target.platform, options));
    else rmSync(file, { force: true });
  });
  const { ownTable } = app;
  write({
    build: { SDKCONFIGPATH: "./" },
    // Splits the target's factory partition in two slots. (In a table with slots it would move a factory partition.)
    ...(ownTable === undefined ? { defines: { ota: { autosplit: 1 } } } : {}),
  });
  return {
    target,
    needed: releaseOptions(needed),
    own: own === undefined ? new Map() : releaseOptions(own),
    ownTable,
  };
}
