/*
 * The apps that `npm run check:esp32` checks besides the flashable one: the examples, each placed as a reader would have it,
 * and apps with options and a partition table of their own, some of which must be refused.
 */

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleApps, placeExample } from "../xs/example-apps.js";
import { ROOT } from "../xs/sdk.js";

export interface App {
  readonly name: string;
  /** A manifest, or the package.json of an app for mcpack. */
  readonly manifest: string;
  /** The only fault that must be found on every target; absent: no fault must be found. */
  readonly refused?: RegExp;
  /** Whether the app is checked on every board; other apps would tell nothing new on most boards. */
  readonly everywhere?: true;
  /** Whether the byte code is linked too, for one chip: for other ways of including, and modules that the flashable app lacks. */
  readonly linked?: true;
}

/** A partition table with two slots that fit the smallest flash, at offsets of its own. */
const table = `otadata, data, ota,   0x9000,   0x2000
nvs,     data, nvs,   0xB000,   0x6000
ota_0,   app,  ota_0, 0x20000,  0x1D0000
ota_1,   app,  ota_1, 0x1F0000, 0x1D0000
recipes, data, 0x40,  0x3C0000, 0x40000
`;
const tableWithoutSlots = `nvs,     data, nvs,     0x9000,  0x6000
factory, app,  factory, 0x10000, 0x200000
`;

/** Options that an application may choose, and a version of its own. */
const options = `CONFIG_LWIP_MAX_SOCKETS=12
CONFIG_APP_PROJECT_VER_FROM_CONFIG=y
CONFIG_APP_PROJECT_VER="7.8.9"
`;

/** Writes an app with options and a table of its own, which its manifest names as that of any Moddable app does. */
function ownApp(folder: string, name: string, own: { options: string; table: string }): string {
  const app = join(folder, name);
  mkdirSync(join(app, "sdkconfig"), { recursive: true });
  cpSync(join(ROOT, "examples/by-path/main.ts"), join(app, "main.ts"));
  writeFileSync(join(app, "sdkconfig/sdkconfig.defaults"), own.options);
  writeFileSync(join(app, "partitions.csv"), own.table);
  const manifest = {
    build: { NAME: `nerveshub-${name}`, SDKCONFIGPATH: "./sdkconfig", PARTITIONS_FILE: "./partitions.csv" },
    include: [
      "$(MODDABLE)/examples/manifest_base.json",
      ...["manifest_link.json", "manifest_network.json"].map((name) => join(ROOT, name)),
      ...["health", "logging", "metrics"].map((name) => join(ROOT, `src/features/${name}/manifest.json`)),
    ],
    creation: { stack: 1024 },
    modules: { "*": "./main" },
    platforms: { esp32: { include: "./.build/sdkconfig/$(FULLPLATFORM)/manifest.json" } },
  };
  writeFileSync(join(app, "manifest.json"), JSON.stringify(manifest));
  return join(app, "manifest.json");
}

const otaMain = `import config from "mc/config";
import { createPlatform, NervesHubLink } from "nerveshub";
import { startNetwork } from "nerveshub/network";
import { OtaWriter } from "nerveshub/features/ota-writer";

const host = createPlatform();
const link = new NervesHubLink(
  {
    host: config.host,
    auth: { productKey: config["shared-key"], productSecret: config["shared-secret"] },
    target: new OtaWriter(),
  },
  host,
);
startNetwork(host, config, () => link.start());
`;

/** Writes an app whose updates the SDK's `ota` module writes. Its table is the target's, which that module splits in two. */
function otaApp(folder: string): string {
  const app = join(folder, "ota-writer");
  mkdirSync(app);
  writeFileSync(join(app, "main.ts"), otaMain);
  const manifest = {
    build: { NAME: "nerveshub-ota-writer" },
    include: [
      "$(MODDABLE)/examples/manifest_base.json",
      join(ROOT, "manifest_link.json"),
      join(ROOT, "manifest_network.json"),
      join(ROOT, "src/features/ota-writer/manifest.json"),
    ],
    creation: { stack: 1024 },
    config: { host: "devices.nervescloud.com", "shared-key": "nhp_", "shared-secret": "" },
    modules: { "*": "./main" },
    platforms: { esp32: { include: "./.build/sdkconfig/$(FULLPLATFORM)/manifest.json" } },
  };
  writeFileSync(join(app, "manifest.json"), JSON.stringify(manifest));
  return join(app, "manifest.json");
}

/** @param folder an empty folder outside the repository */
export function otherApps(folder: string): App[] {
  const examples = exampleApps.map((example): App => {
    const app = placeExample(example, folder);
    const manifest = join(app, example.packed ? "package.json" : "manifest.json");
    // "by-path" is checked everywhere, since it is the quickest to generate.
    return { name: example.name, manifest, linked: true, ...(example.name === "by-path" ? { everywhere: true } : {}) };
  });
  const without = (line: string) => `${options}${line}\n`;
  return [
    ...examples,
    { name: "ota-writer", manifest: otaApp(folder), linked: true },
    { name: "own", manifest: ownApp(folder, "own", { options, table }) },
    {
      name: "own-no-rollback",
      manifest: ownApp(folder, "own-no-rollback", {
        options: without("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=n"),
        table,
      }),
      refused: /^Rollback is off/,
    },
    {
      name: "own-no-slots",
      manifest: ownApp(folder, "own-no-slots", { options, table: tableWithoutSlots }),
      refused: /^The partition table has no (application slot|otadata)/,
    },
  ];
}
