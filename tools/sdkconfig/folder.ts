/*
 * Writes the folder of options of an app for one target: the target's options, then those that a device of NervesHub needs,
 * then the application's own. A manifest in the folder is for the app to include.
 *
 * It is an include since mcconfig reads "build" of a manifest before those of its includes, and the last one counts: an
 * SDKCONFIGPATH in the app's own manifest loses to that of the target, which manifest_base.json includes.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { ROOT, type Sdk } from "../xs/sdk.js";
import { type Generation, generateApp } from "./generation.js";
import { fragmentFiles, type Layer, mergeLayers, readFragment, releaseOptions } from "./layers.js";
import { hasSlots } from "./table-faults.js";
import { type Expectation, tableOffset } from "./verdict.js";

/** The written folders, relative to the folder of the app's manifest. */
const written = ".build/sdkconfig";

/** The lines for the app's manifest. mcconfig sets FULLPLATFORM to "esp32/TARGET". */
export const includeLines = `"platforms": {"esp32": {"include": "./${written}/$(FULLPLATFORM)/manifest.json"}}`;

/**
 * The sentence for a build that takes another folder of options than the written one.
 * @param optionsFolder the folder that the build takes
 * @param platform "esp32/TARGET"
 */
export function lostTo(optionsFolder: string, platform: string): string {
  const section = `as the last include of the section of "platforms" that counts for ${platform}`;
  return `mcconfig takes one folder of options, here ${optionsFolder}. Put into the manifest, ${section}: ${includeLines}`;
}

/**
 * The manifest in the folder until the folder is complete. mcconfig does not know the variable, so that a build after an
 * interrupted run stops. In this program the variable is the path of an empty manifest, so that the app can be generated.
 */
const unfinished = { include: "$(NERVESHUB_NOTHING)" };

/** Options of the image's version, which the application alone decides. */
const versionOptions = /^CONFIG_APP_PROJECT_VER(_|$)/;

function readLayer(folder: string): Layer {
  return fragmentFiles.map((file) => {
    const path = join(folder, file);
    return existsSync(path) ? readFragment(readFileSync(path, "utf8")) : new Map<string, string>();
  });
}

/** The options that a device needs in addition to those of its target, with any application. */
export function neededLayer(): Layer {
  return readLayer(join(ROOT, "sdkconfig")).map(
    (fragment) => new Map([...fragment].filter(([name]) => !versionOptions.test(name))),
  );
}

/** The manifest of an app that has nothing but its target. */
const bare = JSON.stringify({
  build: { NAME: "bare" },
  include: "$(MODDABLE)/examples/manifest_base.json",
  creation: {
    chunk: { initial: 1024, incremental: 1024 },
    heap: { initial: 64, incremental: 64 },
    stack: 64,
  },
});

/** Generates an empty app for the target as it is in the SDK. @param scratch an empty folder */
function generateTarget(sdk: Sdk, platform: string, scratch: string, cwd: string): Generation {
  const manifest = join(scratch, "bare.json");
  writeFileSync(manifest, bare);
  return generateApp(sdk, manifest, platform, join(scratch, "bare"), { cwd });
}

/** Generates the app without the options that this file writes. */
function generateAlone(sdk: Sdk, manifest: string, platform: string, output: string, called = platform): Generation {
  const nothing = `${output}.json`;
  writeFileSync(nothing, "{}");
  return generateApp(sdk, manifest, platform, output, { environment: { NERVESHUB_NOTHING: nothing }, called });
}

/**
 * Generates the app without its target's options: for a target of the same name and files whose manifest has none. That
 * target's folder lies beside the app, since mcconfig changes the path of a platform to lower case.
 */
function generateOwn(sdk: Sdk, manifest: string, target: Generation, scratch: string): Generation {
  const output = join(scratch, "own");
  const [, name] = target.platform.split("/");
  if (name === undefined) return generateAlone(sdk, manifest, target.platform, output);
  const around = join(written, `empty-${process.pid}`);
  const empty = join(around, name.toLowerCase());
  const folder = join(dirname(manifest), empty);
  try {
    // Copied, since manifests of the SDK name files of the target.
    cpSync(target.targetFolder, folder, { recursive: true });
    const build = { ESP32_SUBCLASS: target.chip, SUBPLATFORM: name };
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ build }));
    return generateAlone(sdk, manifest, `esp32:./${empty}`, output, target.platform);
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
  /** Hints for the application's developer, a sentence each; no faults. */
  readonly notes: readonly string[];
}

/**
 * Writes the folder of an app for a target.
 *
 * @param manifest absolute path of the app's manifest, or of the package.json of an app for mcpack
 * @param platform mcconfig's -p
 * @param targets targets that were generated for other apps; that of `platform` is added
 * @throws Error with the output of mcconfig; no folder is left then, so that no build uses half of one
 */
export function writeFolder(
  sdk: Sdk,
  manifest: string,
  platform: string,
  targets = new Map<string, Generation>(),
): WrittenFolder {
  const scratch = mkdtempSync(join(tmpdir(), "nerveshub-sdkconfig-"));
  try {
    const target = targets.get(platform) ?? generateTarget(sdk, platform, scratch, dirname(manifest));
    targets.set(platform, target);
    const path = join(dirname(manifest), written, target.platform);
    mkdirSync(path, { recursive: true });
    writeBuild(path, unfinished);
    try {
      const output = join(scratch, "alone");
      const alone = generateAlone(sdk, manifest, platform, output, target.platform);
      return fill(sdk, manifest, { target, alone, own: generateOwn(sdk, manifest, target, scratch) }, path);
    } catch (error) {
      rmSync(join(path, "manifest.json"), { force: true });
      throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Writes the manifest beside its place and renames it, so that a build never reads half of it. */
function writeBuild(path: string, build: object): void {
  const beside = join(path, `manifest.${process.pid}.new`);
  writeFileSync(beside, `${JSON.stringify(build, null, 2)}\n`);
  renameSync(beside, join(path, "manifest.json"));
}

interface Generations {
  readonly target: Generation;
  /** The app on this target, without the options that this file writes. */
  readonly alone: Generation;
  /** The app without those options, and without the target's. */
  readonly own: Generation;
}

function fill(sdk: Sdk, manifest: string, { target, alone, own }: Generations, path: string): WrittenFolder {
  const defaults = join(sdk.home, "build/devices/esp32", `xsProj-${target.chip}`);
  const ours = join(dirname(manifest), written) + sep;
  /** The options in `folder`; undefined for the SDK's defaults and for a folder that this file wrote. */
  const layer = (folder: string) => (folder === defaults || folder.startsWith(ours) ? undefined : readLayer(folder));
  const applications = layer(own.optionsFolder);
  if (applications !== undefined && !statSync(own.optionsFolder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`The application's SDKCONFIGPATH is ${own.optionsFolder}, and there is no such folder.`);
  const needed = neededLayer();
  const layers = [layer(target.optionsFolder), needed, applications].filter((one) => one !== undefined);
  mergeLayers(layers).forEach((options, at) => {
    const file = join(path, fragmentFiles[at]);
    if (options.size > 0) writeFileSync(file, fragmentText(target.platform, options));
    else rmSync(file, { force: true });
  });
  const { ownTable } = own;
  // `autosplit` splits the target's factory partition into two slots. In a table with slots it would move that partition.
  const split = ownTable === undefined && !hasSlots(alone.partitions, tableOffset(alone.options));
  writeBuild(path, { build: { SDKCONFIGPATH: "./" }, ...(split ? { defines: { ota: { autosplit: 1 } } } : {}) });
  const ownOptions = applications === undefined ? new Map<string, string>() : releaseOptions(applications);
  return {
    path,
    expectation: { target, needed: releaseOptions(needed), own: ownOptions, ownTable },
    notes: notesOn(manifest, alone, own, applications),
  };
}

function notesOn(manifest: string, alone: Generation, own: Generation, applications: Layer | undefined): string[] {
  const notes: string[] = [];
  if (applications?.every((fragment) => fragment.size === 0))
    notes.push(`The application's SDKCONFIGPATH, ${own.optionsFolder}, has no option in ${fragmentFiles.join(", ")}.`);
  const { tableForTarget } = own;
  if (tableForTarget !== undefined && own.ownTable === undefined && alone.tableForTarget !== tableForTarget)
    notes.push(
      `The partition table is that of ${alone.platform}; the application's PARTITIONS_FILE_FOR_TARGET (${relative(dirname(manifest), tableForTarget)}) counts where a target has none, a PARTITIONS_FILE everywhere.`,
    );
  return notes;
}
