/*
 * Inclusion: checks with the SDK's own tools how an app includes the agent; part of `npm run check:examples`. The build is the
 * same for every order of the core and three features, for manifests named twice, and by path, git or npm. A module that an
 * app uses and does not include fails the build, for each way of including; so do two copies of the agent.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { link } from "../esp32/link.js";
import { sourcesOf } from "../sdkconfig/app-modules.js";
import { examine } from "../sdkconfig/examine.js";
import { installPackage, packageName } from "./example-apps.js";
import { ROOT, type Sdk } from "./sdk.js";

/** The core, a feature that includes others, one with functions of ESP-IDF and C of the SDK, one that changes the strip list. */
const included = [
  "manifest_link.json",
  "src/features/local-shell/manifest.json",
  "src/features/ota-writer/manifest.json",
  "src/features/prompt/manifest.json",
];
const target = { platform: "esp32/esp32c3", chip: "esp32c3" };
/** Each platform, and mcconfig's folder for it below the output. */
const platforms: readonly [string, string][] = [
  [target.platform, target.platform],
  ["lin", "lin/mc"],
];

type Include = string | { readonly git: string; readonly manifest: string };

interface AppFiles {
  readonly include: readonly Include[];
  readonly modules?: object;
  readonly preload?: readonly string[];
  /** By name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Writes an app. @returns the path of its manifest */
function writeApp(folder: string, name: string, { files, modules = { "*": "./main" }, ...rest }: AppFiles): string {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const manifest = join(folder, "manifest.json");
  writeFileSync(manifest, JSON.stringify({ build: { NAME: name }, modules, ...rest }));
  return manifest;
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first, at) => permutations(of.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

/**
 * A text of everything that mcconfig would build: the rules of its makefile, the preloaded modules, the strip list, the sizes
 * of memories, the C defines and mc/config. It does not depend on the order of things, nor on where the agent is.
 *
 * @param root the agent's folder, which the text leaves out; default: found by the path of "nerveshub/src/link"
 */
function generated(sdk: Sdk, folder: string, include: readonly Include[], root?: string): string {
  const manifest = writeApp(folder, "order", { include, files: { "main.js": 'import "nerveshub";\n' } });
  return platforms
    .map(([platform, path]) => {
      const output = mkdtempSync(join(folder, "output-"));
      const ran = spawnSync("mcconfig", ["-p", platform, "-o", output, manifest], {
        cwd: folder,
        env: sdk.environment,
        encoding: "utf8",
      });
      if (ran.status !== 0) throw new Error(`${ran.stdout}${ran.stderr}`);
      const made = join(output, "tmp", path, "release/order");
      const text = (name: string) => readFileSync(join(made, name), "utf8");
      const makefile = text("makefile");
      const link = sourcesOf(makefile).get("nerveshub/src/link");
      if (link === undefined) throw new Error("the build has no nerveshub/src/link");
      const place = root ?? dirname(dirname(link));
      const lines = [makefile, text("mc.defines.h"), text("mc.config.js")]
        .join("\n")
        .replaceAll(place, "/AGENT")
        .replaceAll(output, "OUTPUT")
        .split("\n")
        .map((line) => line.trim().replace(/\s*\\$/, ""));
      return [...new Set(lines)].sort().join("\n");
    })
    .join("\n");
}

/** @returns the first line that only one of two builds has */
function difference(one: string, other: string): string {
  const [lines, others] = [one.split("\n"), other.split("\n")];
  return lines.find((line) => !others.includes(line)) ?? others.find((line) => !lines.includes(line)) ?? "the order";
}

/** Makes a git repository with the files of this one as they are, committed or not. */
function asRepository(folder: string): string {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  for (const file of files.trim().split("\n")) cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  const git = (...options: string[]) => execFileSync("git", ["-C", folder, ...options], { stdio: "ignore" });
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=check", "-c", "user.email=check@localhost", "commit", "-qm", "x");
  return folder;
}

/** @returns a sentence for each difference */
function checkOrders(sdk: Sdk, folder: string): string[] {
  const app = join(folder, "order");
  const from = (place: string) => included.map((manifest) => join(place, manifest));
  const first = generated(sdk, app, from(ROOT));
  const faults: string[] = [];
  const compare = (what: string, include: readonly Include[]): void => {
    const build = generated(sdk, app, include);
    if (build !== first) faults.push(`included ${what}, the build is another one: ${difference(first, build)}`);
  };
  for (const order of permutations(from(ROOT)).slice(1)) compare(`in the order ${order.join(", ")}`, order);
  compare("twice", [...from(ROOT), ...from(ROOT)]);
  const repository = asRepository(join(folder, "repository"));
  compare(
    "by git",
    included.map((manifest) => ({ git: `file://${repository}/.git`, manifest })),
  );
  installPackage(app);
  compare("by npm", from(join(app, "node_modules", packageName)));
  return faults;
}

const feature = "nerveshub/features/health";
const using = `import { Health } from "${feature}";\nnew Health();\n`;
const base = join(ROOT, "sdk/manifest_base.json");
const core = join(ROOT, "manifest_link.json");

interface WayIn {
  readonly name: string;
  readonly says: RegExp;
  /** @returns the output of the tools @throws Error with it */
  run(sdk: Sdk, folder: string): string;
}

const linked = (sdk: Sdk, folder: string, files: AppFiles): string => {
  link(sdk, writeApp(folder, "left-out", files), "left-out", target);
  return "";
};
const examined = (sdk: Sdk, folder: string, files: AppFiles): string =>
  examine(sdk, writeApp(folder, "left-out", files), target.platform, join(folder, "output")).faults.join("\n");

const ways: readonly WayIn[] = [
  {
    name: "TypeScript",
    says: new RegExp(`TS2307: Cannot find module '${feature}'`),
    run: (sdk, folder) => linked(sdk, folder, { include: [base], files: { "main.ts": using } }),
  },
  {
    name: "a preloaded module",
    says: new RegExp(`${feature}.*not found`),
    run: (sdk, folder) =>
      linked(sdk, folder, {
        include: [base],
        modules: { "*": ["./main", "./door"] },
        preload: ["door"],
        files: { "main.js": 'import "door";\n', "door.js": using },
      }),
  },
  {
    name: "JavaScript that is not preloaded, by nerveshub-sdkconfig",
    says: new RegExp(`main\\.js imports "${feature}", and no manifest includes .*src/features/health/manifest\\.json`),
    run: (sdk, folder) => examined(sdk, folder, { include: [core], files: { "main.js": using } }),
  },
  {
    name: "mcpack",
    says: new RegExp(`moddable:${feature}: manifest not found`),
    run: (sdk, folder) => {
      writeApp(folder, "left-out", {
        include: [],
        files: {
          "main.js": using.replace("nerveshub", packageName),
          "package.json": JSON.stringify({
            name: "left-out",
            type: "module",
            main: "./main.js",
            dependencies: { [packageName]: "*" },
          }),
        },
      });
      installPackage(folder);
      const output = join(folder, "output");
      mkdirSync(output);
      const options = ["mcconfig", "-p", "lin", "-o", output];
      const ran = spawnSync("mcpack", options, { cwd: folder, env: sdk.environment, encoding: "utf8" });
      return `${ran.stdout}${ran.stderr}`;
    },
  },
  {
    name: "two copies, by nerveshub-sdkconfig",
    says: /2 copies of the agent.*\(\d+\.\d+\.\d+\).* and .*node_modules.*\(\d+\.\d+\.\d+\)/,
    run: (sdk, folder) => {
      installPackage(folder);
      const other = `./node_modules/${packageName}/src/features/health/manifest.json`;
      return examined(sdk, folder, { include: [core, other], files: { "main.js": using } });
    },
  },
  ...[false, true].map((otherFirst) => ({
    name: `two versions, by mcconfig, the other one ${otherFirst ? "first" : "last"}`,
    says: otherFirst
      ? /two-versions-of-nerves-hub-link-moddable\/9\.9\.9-and-\d+\.\d+\.\d+\.json/
      : /two-versions-of-nerves-hub-link-moddable\/\d+\.\d+\.\d+-and-9\.9\.9\.json/,
    run: (sdk: Sdk, folder: string): string => {
      installPackage(folder);
      pretendVersion(join(folder, "node_modules", packageName), "9.9.9");
      const other = `./node_modules/${packageName}/src/features/health/manifest.json`;
      return generated(sdk, folder, otherFirst ? [other, core] : [core, other]);
    },
  })),
];

/** Gives a copy of the agent another version, as sdk/manifest_base.json has it. */
function pretendVersion(copy: string, version: string): void {
  const manifest = join(copy, "sdk/manifest_base.json");
  const text = readFileSync(manifest, "utf8");
  const own = (JSON.parse(text) as { build: { NERVESHUB_VERSION: string } }).build.NERVESHUB_VERSION;
  writeFileSync(manifest, text.replaceAll(own, version));
  const folder = join(copy, "sdk/two-versions-of-nerves-hub-link-moddable");
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, name.replaceAll(own, version)));
}

/** @returns a sentence for each way that builds although it must not, or fails with other words */
function checkLeftOut(sdk: Sdk, folder: string): string[] {
  const faults: string[] = [];
  for (const [index, { name, says, run }] of ways.entries()) {
    const app = join(folder, `left-out-${index}`);
    mkdirSync(app);
    let said: string;
    try {
      said = run(sdk, app);
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    if (!says.test(said)) faults.push(`${name}: what is left out is not refused: ${said}`);
  }
  return faults;
}

/** @param folder outside the repository @returns what is wrong, a sentence each */
export function checkInclusion(sdk: Sdk, folder: string): string[] {
  return [...checkOrders(sdk, folder), ...checkLeftOut(sdk, folder)];
}
