/*
 * npm run check:esp32 [-- MANIFEST]: the ESP32 build of the app for four chips, as far as it goes without ESP-IDF.
 *
 * For each chip: it generates; the TypeScript passes the type check with the SDK's typings; all byte code links and
 * preloads, without a warning and without a module left out of the preload; and the ESP-IDF options of sdkconfig/ have
 * survived mcconfig's merge. Then: platforms that cannot be served say so. With IDF_PATH at a real ESP-IDF the C files
 * are compiled against its headers, and the slots run with its own sources. Prints one JSON object a line with the byte code of each of our modules.
 *
 * What it cannot say: that an image runs. Ends 0, 1 when something failed, 3 without a Moddable SDK.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findSdk, ROOT } from "../xs/sdk.js";
import { generate, type Link, link, OURS, type Target } from "./link.js";
import { compileNatives } from "./natives.js";
import { lostOptions } from "./options.js";

const TARGETS: readonly Target[] = [
  { platform: "esp32", chip: "esp32" },
  { platform: "esp32/esp32s3", chip: "esp32s3" },
  { platform: "esp32/esp32c3", chip: "esp32c3" },
  { platform: "esp32/esp32c6", chip: "esp32c6" },
];

/** Platforms that there is no host for. (Without their own SDKs, `esp` and `pico` already fail in mcconfig.) */
const REFUSED = ["nrf52", "wasm"];
const REFUSAL = /nerveshub/i;

/** Its body is what the device is to run, so it is the one module that is not preloaded. */
const ENTRY = "nerveshub/src/main";

/** The manifest's build.NAME. */
function nameOf(manifest: string): string {
  const { build } = JSON.parse(readFileSync(manifest, "utf8")) as { build?: { NAME?: string } };
  if (build?.NAME === undefined) throw new Error(`${manifest} has no build.NAME`);
  return build.NAME;
}

const sdk = findSdk();
const manifest = resolve(process.argv[2] ?? join(ROOT, "manifest.json"));
const name = nameOf(manifest);
const fragments = ["sdkconfig.defaults", "sdkconfig.defaults.release"].map((file) =>
  readFileSync(join(ROOT, "sdkconfig", file), "utf8"),
);
const failures: string[] = [];
let first: Link | undefined;
let riscv: Link | undefined;

for (const target of TARGETS) {
  try {
    const made = link(sdk, manifest, name, target, first?.folder);
    first ??= made;
    if (target.chip === "esp32c3") riscv = made;
    // What the SDK's own modules keep between calls (its certificate and session lists) is not ours to freeze.
    const found = [
      ...made.warnings.filter((warning) => OURS.test(warning.replace(/^### warning: /, ""))),
      ...made.notPreloaded
        .filter((module) => OURS.test(module) && module !== ENTRY)
        .map((module) => `${module} is not preloaded`),
      ...fragments.flatMap((fragment) =>
        lostOptions(fragment, readFileSync(join(made.project, "sdkconfig.mc"), "utf8")),
      ),
    ];
    console.log(`${target.platform}: generated, type-checked, linked${found.length === 0 ? "" : ", with faults"}`);
    failures.push(...found.map((fault) => `${target.platform}: ${fault}`));
  } catch (error) {
    failures.push(`${target.platform}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

for (const platform of REFUSED) {
  const { status, text } = generate(sdk, manifest, platform, name);
  if (status === 0 || !REFUSAL.test(text)) failures.push(`${platform}: is not refused with a sentence: ${text}`);
}

if (first !== undefined) {
  let total = 0;
  for (const [module, bytes] of first.modules) {
    total += bytes;
    console.log(JSON.stringify({ module, bytes }));
  }
  console.log(JSON.stringify({ module: "all", bytes: total }));
}
if (riscv !== undefined) {
  try {
    failures.push(...compileNatives(sdk, riscv));
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
}

for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
