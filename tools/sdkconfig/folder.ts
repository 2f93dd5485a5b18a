/*
 * The folder of options that an app names for one target: the target's, then what a device of NervesHub needs, then the
 * application's own. With it a manifest for the app to include.
 *
 * An include, since mcconfig reads "build" of a manifest before those of its includes and the last one counts: an
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

/** Beside the app's manifest. */
const written = ".build/sdkconfig";

/** For the app's manifest; mcconfig sets the variable to "esp32/TARGET". */
export const includeLines = `"platforms": {"esp32": {"include": "./${written}/$(FULLPLATFORM)/manifest.json"}}`;

/**
 * @param optionsFolder what the build takes in place of the written one
 * @param platform "esp32/TARGET"
 */
export function lostTo(optionsFolder: string, platform: string): string {
  const section = `as the last include of the section of "platforms" that counts for ${platform}`;
  return `mcconfig takes one folder of options, here ${optionsFolder}. Put into the manifest, ${section}: ${includeLines}`;
}

/**
 * What the written manifest is until it is whole. mcconfig knows no such variable, so that a build after an interrupted run
 * stops; here it is the path of a manifest that says nothing, so that the app is heard.
 */
const unfinished = { include: "$(NERVESHUB_NOTHING)" };

/** The version of an image is the application's to say. */
const versionOptions = /^CONFIG_APP_PROJECT_VER(_|$)/;

function readLayer(folder: string): Layer {
  return fragmentFiles.map((file) => {
    const path = join(folder, file);
    return existsSync(path) ? readFragment(readFileSync(path, "utf8")) : new Map<string, string>();
  });
}

/** What a device needs over its target, whoever's application it runs. */
export function neededLayer(): Layer {
  return readLayer(join(ROOT, "sdkconfig")).map(
    (fragment) => new Map([...fragment].filter(([name]) => !versionOptions.test(name))),
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
function generateTarget(sdk: Sdk, platform: string, scratch: string, cwd: string): Generation {
  const manifest = join(scratch, "bare.json");
  writeFileSync(manifest, bare);
  return generateApp(sdk, manifest, platform, join(scratch, "bare"), { cwd });
}

/** The app without what is written here. */
function generateAlone(sdk: Sdk, manifest: string, platform: string, output: string, called = platform): Generation {
  const nothing = `${output}.json`;
  writeFileSync(nothing, "{}");
  return generateApp(sdk, manifest, platform, output, { environment: { NERVESHUB_NOTHING: nothing }, called });
}

/**
 * What the app says without its target: it is generated for one of the same name and files that says nothing. It lies beside
 * the app, since mcconfig changes a platform's path to small letters.
 */
function generateOwn(sdk: Sdk, manifest: string, target: Generation, scratch: string): Generation {
  const output = join(scratch, "own");
  const [, name] = target.platform.split("/");
  if (name === undefined) return generateAlone(sdk, manifest, target.platform, output);
  const around = join(written, `empty-${process.pid}`);
  const empty = join(around, name.toLowerCase());
  const folder = join(dirname(manifest), empty);
  try {
    // Manifests of the SDK name files of the target.
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
  /** What the application's developer may want to know, a sentence each; no faults. */
  readonly notes: readonly string[];
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

/** Beside and renamed: a build never reads half of it. */
function writeBuild(path: string, build: object): void {
  const beside = join(path, `manifest.${process.pid}.new`);
  writeFileSync(beside, `${JSON.stringify(build, null, 2)}\n`);
  renameSync(beside, join(path, "manifest.json"));
}

interface Generations {
  readonly target: Generation;
  /** The app on this target without what is written here. */
  readonly alone: Generation;
  /** And without the target. */
  readonly own: Generation;
}

function fill(sdk: Sdk, manifest: string, { target, alone, own }: Generations, path: string): WrittenFolder {
  const defaults = join(sdk.home, "build/devices/esp32", `xsProj-${target.chip}`);
  const ours = join(dirname(manifest), written) + sep;
  /** Nothing where nobody named a folder, or only what was written here. */
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
  // Splits the target's factory partition in two slots. (In a table with slots it would move a factory partition.)
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
