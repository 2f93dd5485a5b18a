/*
 * Budgets: compares the flash that the agent and each feature take with tools/esp32/budgets.json, in bytes and less an empty
 * app. Part of `npm run check:esp32`, which fails above a budget; `-- --set-budgets` sets each budget to the measured bytes
 * and 2 % more.
 *
 * The rule it guards: a commit that makes the core or a feature larger changes its row.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, type Sdk } from "../xs/sdk.js";
import { imageSize } from "./image-size.js";
import { type ChipTarget, type Link, link } from "./link.js";

const table = join(ROOT, "tools/esp32/budgets.json");
/** The chip of all measurements: XS makes the same of them on each. */
export const budgetsTarget: ChipTarget = { platform: "esp32/esp32c3", chip: "esp32c3" };
const slack = 1.02;

/** Bytes by row. */
type Budgets = Record<string, number>;

const main = `import { NervesHubLink } from "nerveshub";
new NervesHubLink({ host: "h", auth: { productKey: "nhp_x", productSecret: "y" } }).start();
`;

/** Links an app. @returns the bytes of its image, see image-size.ts */
function measure(sdk: Sdk, folder: string, name: string, include: readonly string[], source: string, earlier?: Link) {
  const app = join(folder, `budget-${name}`);
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, "main.js"), source);
  const manifest = { build: { NAME: `budget-${name}` }, include, modules: { "*": "./main" } };
  writeFileSync(join(app, "manifest.json"), JSON.stringify(manifest));
  const made = link(sdk, join(app, "manifest.json"), `budget-${name}`, budgetsTarget, earlier);
  return { made, bytes: linkedBytes(made.folder) };
}

const linkedBytes = (folder: string): number => imageSize(readFileSync(join(folder, "mc.xs.c"), "utf8")).total;

/**
 * Measures the core and each feature. Rows of dist/ are measured on what `npm run prepare` has made.
 * @param folder an empty folder outside the repository
 * @param flashable the folder of the flashable app's link for that chip
 * @returns the measured bytes, and the link of the app with everything, compiled as applications are
 */
export function measureAll(sdk: Sdk, folder: string, flashable: string): { measured: Budgets; everything: Link } {
  const ours = (...paths: string[]) => paths.map((path) => join(ROOT, path));
  const featureOf = (name: string) => `src/features/${name}/manifest.json`;
  const nothing = 'trace("hi");\n';
  const empty = measure(sdk, folder, "empty", ours("sdk/manifest_base.json"), nothing).bytes;
  const tls = [...ours("sdk/manifest_base.json"), "$(MODDABLE)/modules/crypt/tls_419.json"];
  const emptyWithTls = measure(sdk, folder, "empty-tls", tls, nothing).bytes;
  const all = ["manifest_all.json", "manifest_network.json"];
  // Compiled anew, since the flashable app has compiler options of its own; the rows below take over its modules.
  const everything = measure(sdk, folder, "all", ours(...all), main);
  const compiled = everything.made;
  const plain = measure(sdk, folder, "plain", ours("manifest_plain.json"), main, compiled).bytes;
  const core = measure(sdk, folder, "link", ours("manifest_link.json"), main, compiled).bytes;
  const budgets: Budgets = {
    "the core without TLS (manifest_plain.json)": plain - empty,
    "the core (manifest_link.json)": core - emptyWithTls,
    "everything (manifest_all.json, manifest_network.json)": everything.bytes - emptyWithTls,
    "the flashable app (manifest.json)": linkedBytes(flashable) - emptyWithTls,
  };
  const inDist = (name: string, manifests: readonly string[], without: number): void => {
    const include = ours(...manifests.map((path) => `dist/${path}`));
    budgets[`dist/: ${name}`] = measure(sdk, folder, `dist-${manifests[0]}`, include, main).bytes - without;
  };
  inDist("the core without TLS", ["manifest_plain.json"], empty);
  inDist("the core", ["manifest_link.json"], emptyWithTls);
  inDist("everything", all, emptyWithTls);
  const add = (row: string, include: string): void => {
    const name = row.replaceAll(/\W+/g, "-");
    const manifests = ours("manifest_link.json", include);
    budgets[row] = measure(sdk, folder, name, manifests, main, compiled).bytes - core;
  };
  add("network (manifest_network.json)", "manifest_network.json");
  // The prompt is left out: it keeps every built-in and XS's parser, which are C and not in mc.xs.c.
  for (const name of readdirSync(join(ROOT, "src/features"))) if (name !== "prompt") add(name, featureOf(name));
  return { measured: budgets, everything: everything.made };
}

/** Prints the table. @returns a sentence for each row above its budget */
export function compareBudgets(measured: Budgets, set: boolean, print: (line: string) => void): string[] {
  if (set) {
    const budgets = Object.entries(measured).map(([row, bytes]) => [row, Math.ceil(bytes * slack)]);
    writeFileSync(table, `${JSON.stringify(Object.fromEntries(budgets), null, 2)}\n`);
  }
  const budgets = JSON.parse(readFileSync(table, "utf8")) as Budgets;
  const faults = Object.keys(budgets)
    .filter((row) => !(row in measured))
    .map((row) => `budgets.json has a row "${row}" that nothing is measured for`);
  print("Bytes of the linked image beside an empty app (ESP32-C3, release), and what they may be:");
  for (const [row, bytes] of Object.entries(measured)) {
    const most = budgets[row];
    print(`  ${row.padEnd(56)}${String(bytes).padStart(8)}${String(most ?? "none").padStart(9)}`);
    if (most === undefined) faults.push(`"${row}" has no budget: -- --set-budgets sets it`);
    else if (bytes > most) faults.push(`"${row}" takes ${bytes} bytes, and may take ${most}`);
  }
  return faults;
}
