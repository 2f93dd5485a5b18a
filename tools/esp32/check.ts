/*
 * npm run check:esp32 [-- MANIFEST [-p esp32/TARGET …]]: ESP32 builds as far as they go without ESP-IDF.
 *
 * With -p, it checks that updates are safe on the build of this app for this target. nerveshub-sdkconfig writes the folder of
 * options, and mcconfig generates the app below .build/. In the generated files rollback, image check and watchdog must be on,
 * two slots and otadata must exist, and no option of the target (PSRAM, flash size) or of the application may be lost.
 *
 * Without -p, it links the app for four chips:
 *  - The TypeScript must pass the type check with the SDK's typings.
 *  - All byte code must link and preload, without a warning and without a module left out of the preload.
 *  - Platforms without a host must be refused by name.
 *  - With IDF_PATH at a real ESP-IDF, the C files are compiled against its headers, and the slots run with its own sources;
 *    with its tools on the PATH too, an image is built, and the room that it leaves in its slot is printed.
 *  - It prints one JSON object a line with the byte code size of each of our modules.
 *  - Then the check of -p runs for the same targets. Without a MANIFEST it runs for the flashable app and one example on ten
 *    targets, and for the other examples and apps with options of their own on two. The examples, and an app with the modules
 *    that the flashable one leaves out, are linked for one chip as well.
 *  - At last the flash that the core and each feature take is compared with budgets (budgets.ts; `-- --set-budgets`).
 *
 * It does not tell whether an image runs. Exit status: 0; 1 when something failed; 2 wrong arguments; 3 without an SDK.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isPlatform } from "../sdkconfig/examine.js";
import { writeFolder } from "../sdkconfig/folder.js";
import { findSdk, ROOT } from "../xs/sdk.js";
import { type App, otherApps } from "./apps.js";
import { budgetsTarget, compareBudgets, measureAll } from "./budgets.js";
import { measureImage } from "./flash-image.js";
import { type ChipTarget, generate, type Link, link, OURS } from "./link.js";
import { compileNatives } from "./natives.js";
import { checkSafety } from "./safety.js";

const TARGETS: readonly ChipTarget[] = [
  { platform: "esp32", chip: "esp32" },
  { platform: "esp32/esp32s3", chip: "esp32s3" },
  { platform: "esp32/esp32c3", chip: "esp32c3" },
  { platform: "esp32/esp32c6", chip: "esp32c6" },
];

/** Targets with options, tables and memories of their own, and plain chips. */
const BOARDS = [
  ...["esp32/moddable_six", "esp32/esp32s3_cdc", "esp32/xiao_esp32c3", "esp32/m5stack_core2", "esp32/wt32_eth01"],
  "esp32/qtpys3",
  ...["esp32", "esp32/esp32s3", "esp32/esp32c3", "esp32/esp32c6"],
];

/** A target with options, table and memories of its own, and a plain chip. */
const FEW_BOARDS = ["esp32/moddable_six", "esp32/esp32c3"];

/** Platforms without a host. (Without their own SDKs, `esp` and `pico` already fail in mcconfig.) */
const REFUSED = ["nrf52", "wasm"];
const REFUSAL = /nerveshub/i;

/** The module whose body is the program that the device runs, so the only one that is not preloaded. */
const ENTRY = "nerveshub/src/main";

/** The manifest's build.NAME. */
function nameOf(manifest: string): string {
  const given = JSON.parse(readFileSync(manifest, "utf8")) as Manifest & { moddable?: { manifest?: Manifest } };
  return (given.moddable?.manifest ?? given).build?.NAME ?? basename(dirname(manifest));
}

interface Manifest {
  build?: { NAME?: string };
}

const failures: string[] = [];

/** Runs `body` and adds its faults, or its error, to the failures, so that the rest is checked all the same. */
function attempt(what: string, body: () => readonly string[]): void {
  try {
    failures.push(...body().map((fault) => `${what}: ${fault}`));
  } catch (error) {
    failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Checks that updates are safe on the app, or that it is refused for the expected fault. */
function checkBoards({ name, manifest, refused }: App, platforms: readonly string[]): void {
  for (const platform of platforms) {
    attempt(`${name}, ${platform}`, () => {
      const { faults, notes, summary } = checkSafety(sdk, manifest, nameOf(manifest), platform);
      if (refused === undefined) {
        console.log(`${name}, ${platform}: ${faults.length === 0 ? "an update is safe" : "NOT SAFE"}; ${summary}`);
        for (const note of notes) console.log(`  ${note}`);
        return faults;
      }
      const others = faults.filter((fault) => !refused.test(fault));
      if (faults.length === others.length) return ["is not refused", ...others];
      console.log(`${name}, ${platform}: refused, as it must be: ${faults.join(" ")}`);
      return others;
    });
  }
}

/** Faults of our linked modules. The state that the SDK's own modules keep between calls is not ours to freeze. */
function faultsOf({ warnings, notPreloaded }: Link): string[] {
  return [
    ...warnings.filter((warning) => OURS.test(warning.replace(/^### warning: /, ""))),
    ...notPreloaded
      .filter((module) => OURS.test(module) && module !== ENTRY)
      .map((module) => `${module} is not preloaded`),
  ];
}

/** Links the whole image's byte code for every chip. @returns the link of each chip for which that succeeded */
function linkAll(manifest: string): Map<string, Link> {
  const name = nameOf(manifest);
  const links = new Map<string, Link>();
  let first: Link | undefined;
  for (const target of TARGETS) {
    attempt(target.platform, () => {
      writeFolder(sdk, manifest, target.platform);
      const made = link(sdk, manifest, name, target, first);
      first ??= made;
      links.set(target.chip, made);
      const faults = faultsOf(made);
      console.log(`${target.platform}: generated, type-checked, linked${faults.length === 0 ? "" : ", with faults"}`);
      if (target.chip === "esp32c3")
        faults.push(...compileNatives(sdk, made), ...measureImage(sdk, manifest, name, target, made));
      return faults;
    });
  }
  for (const platform of REFUSED) {
    const { status, text } = generate(sdk, manifest, platform, name);
    if (status === 0 || !REFUSAL.test(text)) failures.push(`${platform}: is not refused with a sentence: ${text}`);
  }
  let total = 0;
  for (const [module, bytes] of first?.modules ?? []) {
    total += bytes;
    console.log(JSON.stringify({ module, bytes }));
  }
  console.log(JSON.stringify({ module: "all", bytes: total }));
  return links;
}

/** Links another app's byte code for one chip. @param earlier a link that has most of its modules */
function linkOther({ name, manifest }: App, earlier: Link | undefined): void {
  attempt(`${name}, ${budgetsTarget.platform}`, () => {
    const began = performance.now();
    const made = link(sdk, manifest, nameOf(manifest), budgetsTarget, earlier);
    const faults = faultsOf(made);
    const seconds = Math.round((performance.now() - began) / 1000);
    const passed = `type-checked, linked in ${seconds} s${faults.length === 0 ? "" : ", with faults"}`;
    console.log(`${name}, ${budgetsTarget.platform}: ${passed}`);
    return faults;
  });
}

interface Wanted {
  readonly manifest: string | undefined;
  readonly platforms: readonly string[] | undefined;
  /** Whether the budgets are set to the measured bytes and some room. */
  readonly setBudgets: boolean;
}

/** @throws Error with a sentence on what is wrong */
function readArguments(): Wanted {
  const { values, positionals } = parseArgs({
    options: {
      platform: { type: "string", short: "p", multiple: true },
      "set-budgets": { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new Error("One MANIFEST is enough.");
  const manifest = positionals[0] === undefined ? undefined : resolve(positionals[0]);
  if (manifest !== undefined && !statSync(manifest, { throwIfNoEntry: false })?.isFile())
    throw new Error(`There is no file ${manifest}.`);
  const wrong = values.platform?.find((platform) => !isPlatform(platform));
  if (wrong !== undefined) throw new Error(`-p wants esp32/TARGET, and not ${wrong}.`);
  return { manifest, platforms: values.platform, setBudgets: values["set-budgets"] };
}

function check({ manifest = join(ROOT, "manifest.json"), platforms, setBudgets }: Wanted, isOurs: boolean): void {
  const app = { name: isOurs ? "flashable" : nameOf(manifest), manifest };
  if (platforms !== undefined) {
    checkBoards(app, platforms);
    return;
  }
  const links = linkAll(manifest);
  checkBoards(app, isOurs ? BOARDS : TARGETS.map(({ platform }) => platform));
  if (!isOurs) return;
  const folder = mkdtempSync(join(tmpdir(), "nerveshub-check-"));
  try {
    let earlier: Link | undefined;
    attempt("budgets", () => {
      const flashable = links.get(budgetsTarget.chip);
      if (flashable === undefined) return ["nothing to measure with: the app does not link"];
      execFileSync(process.execPath, [join(ROOT, "dist/tools/xs/package.js")], { stdio: "inherit" });
      const { measured, everything } = measureAll(sdk, folder, flashable.folder);
      earlier = everything;
      return compareBudgets(measured, setBudgets, console.log);
    });
    for (const other of otherApps(folder)) {
      checkBoards(other, other.everywhere ? BOARDS : FEW_BOARDS);
      if (other.linked) linkOther(other, earlier);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): void {
  let wanted: Wanted;
  try {
    wanted = readArguments();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
    return;
  }
  attempt(wanted.manifest ?? "check:esp32", () => {
    check(wanted, wanted.manifest === undefined);
    return [];
  });
  for (const failure of failures) console.error(failure);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

const sdk = findSdk();
main();
