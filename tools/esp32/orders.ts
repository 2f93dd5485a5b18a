/*
 * Whether an application may include the agent's manifests in any order, and one twice: what mcconfig generates is the same.
 * (Each of ours includes sdk/manifest_base.json first; without that a module of the SDK's TLS ended up at
 * 'undefined/crypt/bin/manifest.json' in one of the orders.)
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILDS, ROOT, type Sdk } from "../xs/sdk.js";
import { generate } from "./link.js";

const platform = "esp32/esp32c3";
const name = "order";
const manifests = [
  "manifest_link.json",
  ...["health", "console", "delta"].map((one) => `src/features/${one}/manifest.json`),
];

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length < 2) yield [...items];
  for (const [at, item] of items.entries())
    for (const rest of items.length < 2 ? [] : orders(items.filter((_, i) => i !== at))) yield [item, ...rest];
}

/** Its lines, sorted and without their continuation: in which order modules are compiled says nothing. */
const linesOf = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/ \\$/, ""))
    .sort()
    .join("\n");

/** @param folder an empty one outside the repository @returns what differs, by the order of includes */
export function compareOrders(sdk: Sdk, folder: string): string[] {
  const app = join(folder, name);
  mkdirSync(app);
  writeFileSync(join(app, "main.js"), 'import { NervesHubLink } from "nerveshub";\nNervesHubLink;\n');
  const all = [...orders(manifests), [...manifests, ...manifests]];
  const faults: string[] = [];
  let first: string | undefined;
  for (const order of all) {
    const include = order.map((path) => join(ROOT, path));
    writeFileSync(
      join(app, "manifest.json"),
      JSON.stringify({ build: { NAME: name }, include, modules: { "*": "./main" } }),
    );
    const { status, text } = generate(sdk, join(app, "manifest.json"), platform, name);
    if (status !== 0) {
      faults.push(`includes in the order ${order.join(", ")}: ${text}`);
      continue;
    }
    const made = linesOf(readFileSync(join(BUILDS, name, "tmp", platform, "release", name, "makefile"), "utf8"));
    first ??= made;
    if (made !== first) faults.push(`includes in the order ${order.join(", ")} make another build`);
  }
  console.log(
    `${all.length} orders of the core's manifest and three features': ${faults.length === 0 ? "the same build" : "NOT the same"}`,
  );
  return faults;
}
