/*
 * Writes the manifests' lists of modules, or compares them: a module that no manifest lists fails on the device and not in the
 * build, and a glob would take in unrelated files. Part of `npm run check`; "--write" writes.
 *
 * A module's name is "nerveshub/" and its path below the root. The rules:
 *  - each manifest includes sdk/manifest_base.json first, so that every order of includes gives the same build;
 *  - sdk/manifest_base.json refuses a second copy of another version, since the first copy of each file would win silently;
 *  - each manifest lists and preloads its own modules one by one, and includes the manifests of modules that they import at
 *    run time;
 *  - none takes anything from the application that includes it (include-rules.mjs);
 *  - parts written by hand (the SDK's includes, C files, resources, platforms, defines) stay as they are.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { includeFaults } from "./include-rules.mjs";

const write = process.argv.includes("--write");
/** Prefix of our module names, which keeps them apart from those of an application. */
const prefix = "nerveshub/";
const base = "sdk/manifest_base.json";

const sources = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file.slice(0, -".ts".length)))
    .sort();

const folders = (parent) =>
  readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(parent, name));

/** Our modules that `file` imports at run time. */
function importsOf(file) {
  const text = readFileSync(`${file}.ts`, "utf8");
  const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)\.js"/gm);
  const names = text.matchAll(/^(?:import|export) (?!type )[^;]*?from "nerveshub\/([^"]+)"/gm);
  return [
    ...[...imports].map(([, specifier]) => join(dirname(file), specifier)),
    ...[...names].map(([, name]) => name),
  ];
}

/** `entries` and what they import, in the same folder or in `also`. */
function closure(entries, inside) {
  const found = new Set();
  const waiting = [...entries];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (found.has(file) || !inside(file) || !existsSync(`${file}.ts`)) continue;
    found.add(file);
    waiting.push(...importsOf(file));
  }
  return [...found].sort();
}

/** Whether a file has more than types. A module with types only is not listed: empty, it would cost some 250 bytes of flash. */
const hasCode = (file) =>
  /^(export )?(const|let|class|abstract class|async|function)\b|^export (\*|\{)/m.test(
    readFileSync(`${file}.ts`, "utf8"),
  );
/** Folders whose manifest is written by hand, since its modules have an order of their own. */
const byHand = ["modules/tls"];
const notCore = ["src/main", "src/app-settings", "src/setting-checks"];
const byPlatform = [
  "hosts/esp32/platform",
  "hosts/esp32/network",
  "hosts/simulator/platform",
  "hosts/simulator/network",
];
/** The simulator's module that takes the name of an SDK module. */
const named = ["hosts/simulator/tcp"];
/** Modules of which the app has one, by whether the platform's network has TLS. */
const eitherOr = ["hosts/xs/secure", "hosts/xs/plain"];

const core = sources("src").filter((file) => !file.startsWith("src/features/") && !notCore.includes(file));
const xs = sources("hosts/xs").filter((file) => !eitherOr.includes(file) && file !== "hosts/xs/datagrams");
const simulator = closure(
  sources("hosts/simulator").filter((file) => !byPlatform.includes(file) && !named.includes(file)),
  (file) => (/^hosts\/(simulator|flash-model)\//.test(file) && !named.includes(file)) || file === "hosts/xs/datagrams",
);
const esp32 = closure(["hosts/esp32/esp32-platform"], (file) => file.startsWith("hosts/esp32/"));
const esp32Network = closure(importsOf("hosts/esp32/network"), (file) =>
  /^hosts\/esp32\/|^hosts\/xs\/datagrams$/.test(file),
).filter((file) => !esp32.includes(file));

/** Each manifest with its modules, and with its platform if it is for one. */
const manifests = [
  ...folders("modules")
    .filter((folder) => !byHand.includes(folder))
    .map((folder) => ({ path: `${folder}/manifest.json`, files: sources(folder) })),
  { path: "src/manifest.json", files: core },
  ...folders("src/features").map((folder) => {
    const name = folder.slice("src/features/".length);
    const platform = name === "ota-writer" ? "esp32" : undefined;
    return { path: `${folder}/manifest.json`, files: [`features/${name}`, ...sources(folder)], platform };
  }),
  { path: "hosts/xs/manifest.json", files: xs },
  { path: "hosts/simulator/manifest.json", files: simulator },
  { path: "hosts/esp32/manifest.json", files: esp32, platform: "esp32" },
  { path: "hosts/esp32/manifest_network.json", files: esp32Network, platform: "esp32" },
];

const owners = new Map(manifests.flatMap(({ path, files }) => files.map((file) => [file, path])));
const ownerOf = (file) =>
  owners.get(file) ?? (file.startsWith("modules/tls/") ? "modules/tls/manifest.json" : undefined);

const missing = manifests.flatMap(({ files }) => files).filter((file) => !existsSync(`${file}.ts`));
for (const file of missing)
  console.error(`${file}.ts is missing: each folder of src/features has an entry of its name`);
if (missing.length > 0) process.exit(1);
for (const manifest of manifests) manifest.files = manifest.files.filter(hasCode);

const list = (value) => (value === undefined ? [] : [value].flat());
const isOurs = (name) => name.startsWith(prefix);

/** @returns the manifest as it must be */
function wanted({ path, files, platform }, manifest) {
  const folder = dirname(path);
  const from = (target) => {
    const way = relative(folder, target);
    return way.startsWith(".") ? way : `./${way}`;
  };
  const section = platform === undefined ? manifest : (manifest.platforms?.[platform] ?? {});
  const needed = new Set(
    files
      .flatMap(importsOf)
      .map(ownerOf)
      .filter((owner) => owner !== undefined && owner !== path),
  );
  const byHandIncludes = list(section.include).filter(
    (include) => typeof include !== "string" || include.startsWith("$("),
  );
  const filled = {
    ...section,
    include: [...(platform === undefined ? [from(base)] : []), ...byHandIncludes, ...[...needed].sort().map(from)],
    modules: {
      ...Object.fromEntries(Object.entries(section.modules ?? {}).filter(([name]) => !isOurs(name))),
      ...Object.fromEntries(files.map((file) => [`${prefix}${file}`, from(file)])),
    },
    preload: [...list(section.preload).filter((name) => !isOurs(name)), ...files.map((file) => `${prefix}${file}`)],
  };
  if (platform === undefined) return filled;
  return { include: [from(base)], ...manifest, platforms: { ...manifest.platforms, [platform]: filled } };
}

let wrong = 0;
function keep(path, manifest) {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const before = existsSync(path) ? readFileSync(path, "utf8") : "{}";
  if (JSON.stringify(JSON.parse(before)) === JSON.stringify(manifest)) return;
  if (write) writeFileSync(path, text);
  else {
    console.error(`${path} does not list what it should`);
    wrong++;
  }
}

for (const manifest of manifests) {
  const before = existsSync(manifest.path) ? JSON.parse(readFileSync(manifest.path, "utf8")) : {};
  keep(manifest.path, wanted(manifest, before));
}

/** All features but the prompt, for which XS's parser and every built-in would stay in the build. */
const all = folders("src/features").filter((folder) => folder !== "src/features/prompt");
keep("manifest_all.json", {
  include: [`./${base}`, "./manifest_link.json", ...all.map((folder) => `./${folder}/manifest.json`)],
});

const pack = JSON.parse(readFileSync("package.json", "utf8"));

/**
 * Refuses two versions in one app. mcconfig takes the variables of a manifest in their order before its includes, writes
 * "undefined" for a variable that is not set, and stops at an include that does not exist. So the second copy finds the version
 * of the first, and the missing path names both versions. It costs the device nothing.
 */
const refusal = "two-versions-of-nerves-hub-link-moddable";
keep(base, {
  build: { NERVESHUB_BEFORE: "$(NERVESHUB_VERSION)", NERVESHUB_VERSION: pack.version },
  include: [`./${refusal}/$(NERVESHUB_BEFORE)-and-${pack.version}.json`, "$(MODDABLE)/examples/manifest_base.json"],
});
const allowed = ["undefined", pack.version].map((before) => `${before}-and-${pack.version}.json`).sort();
const refusals = join(dirname(base), refusal);
const found = existsSync(refusals) ? readdirSync(refusals).sort() : [];
if (JSON.stringify(found) !== JSON.stringify(allowed)) {
  if (write) {
    rmSync(refusals, { recursive: true, force: true });
    mkdirSync(refusals);
    for (const name of allowed) writeFileSync(join(refusals, name), "{}\n");
  } else {
    console.error(`${refusals} has not the files of ${pack.version}`);
    wrong++;
  }
}

/** All that an application includes, directly or through others: what is not compared with the sources is held to the same rules. */
const included = ["link", "plain", "network", "all"].map((name) => `manifest_${name}.json`);
for (const path of included) {
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const sections = [manifest, ...Object.values(manifest.platforms ?? {})];
  for (const include of sections.flatMap((section) => list(section.include))) {
    const target = join(dirname(path), include);
    if (!include.includes("$(") && !included.includes(target)) included.push(target);
  }
}
for (const path of new Set([...included, ...manifests.map((manifest) => manifest.path)]))
  for (const fault of includeFaults(path, JSON.parse(readFileSync(path, "utf8")))) {
    console.error(fault);
    wrong++;
  }

/** Features are exported one by one: mcpack of SDK 8.2.3 fails at a pattern ("./features/*"). */
const others = Object.entries(pack.exports).filter(([name]) => !name.startsWith("./features/"));
const features = sources("features").map((file) => [
  `./${file}`,
  { types: `./dist/${file}.d.ts`, moddable: `./dist/mcpack/${file}.js`, default: `./dist/${file}.js` },
]);
keep("package.json", { ...pack, exports: Object.fromEntries([...others, ...features]) });

if (wrong > 0) {
  console.error("node tools/xs/manifests.mjs --write, then npm run format");
  process.exitCode = 1;
}
