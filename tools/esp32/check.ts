/*
 * npm run check:esp32 [-- MANIFEST [-p esp32/TARGET …]]: ESP32 builds as far as they go without ESP-IDF.
 *
 * With -p: whether an update is safe on the build of this app for this target. nerveshub-sdkconfig writes its folder, mcconfig
 * generates below .build/, and of what it wrote: rollback, image check and watchdog are on, there are two slots and otadata,
 * and nothing is lost of the target's options (PSRAM, flash size) and the application's.
 *
 * Without: the app is linked for four chips. It generates; the TypeScript passes the type check with the SDK's typings; all
 * byte code links and preloads, without a warning and without a module left out of the preload. Platforms that cannot be
 * served say so. With IDF_PATH at a real ESP-IDF the C files are compiled against its headers, and the slots run with its
 * own sources; with its tools on the PATH too an image is built, and what it leaves of its slot printed. Prints one JSON object
 * a line with the byte code of each of our modules. Then the first check for the same targets; without a MANIFEST for the
 * flashable app and one example on ten targets, and for the other examples and apps with options of their own on two. The
 * examples, and an app with what the flashable one leaves out, are linked for one chip as well.
 *
 * Then what the core and each feature take of the flash, against their budgets (budgets.ts; `-- --set-budgets` sets them).
 *
 * What it cannot say: that an image runs. Ends 0, 1 when something failed, 2 on wrong arguments, 3 without a Moddable SDK.
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
import { generate, type Link, link, OURS, type Target } from "./link.js";
import { compileNatives } from "./natives.js";
import { checkSafety } from "./safety.js";

const TARGETS: readonly Target[] = [
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

/** One with everything of its own, and a plain chip. */
const FEW_BOARDS = ["esp32/moddable_six", "esp32/esp32c3"];

/** Platforms that there is no host for. (Without their own SDKs, `esp` and `pico` already fail in mcconfig.) */
const REFUSED = ["nrf52", "wasm"];
const REFUSAL = /nerveshub/i;

/** Its body is what the device is to run, so it is the one module that is not preloaded. */
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

/** Takes what goes wrong as one more failure, so that the rest is checked all the same. */
function attempt(what: string, body: () => readonly string[]): void {
  try {
    failures.push(...body().map((fault) => `${what}: ${fault}`));
  } catch (error) {
    failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether an update is safe on the app, or it is refused for what is wrong with it. */
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

/** What is wrong with linked byte code of ours. What the SDK's own modules keep between calls is not ours to freeze. */
function faultsOf({ warnings, notPreloaded }: Link): string[] {
  return [
    ...warnings.filter((warning) => OURS.test(warning.replace(/^### warning: /, ""))),
    ...notPreloaded
      .filter((module) => OURS.test(module) && module !== ENTRY)
      .map((module) => `${module} is not preloaded`),
  ];
}

/** The whole image's byte code, for every chip. @returns that of each chip that it links for */
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

/** Another app's byte code, for one chip that its boards have. @param earlier a link with most of its modules */
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
  /** What is reached becomes what may be, with some room. */
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
      return compareBudgets(measured, setBudgets);
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
