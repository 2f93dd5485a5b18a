import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { check } from "../../support/planted.js";

const includes = (...others: string[]) =>
  JSON.stringify({
    include: ["$(MODDABLE)/modules/base/timer/manifest.json", ...others.map((name) => `../${name}/manifest.json`)],
  });

/** Each imports what it may not: file, what it imports, what the sentence says and where the thing belongs. */
const refused: readonly (readonly [from: string, to: string, says: RegExp])[] = [
  ["src/link.ts", "src/features/health/health.ts", /the core knows no feature: .* an interface in src\/feature\.ts/],
  ["src/update/updater.ts", "src/features/delta/delta.ts", /the core knows no feature/],
  ["src/feature.ts", "src/features/health/health.ts", /the core knows no feature/],
  [
    "src/features/health/health.ts",
    "src/features/alarms/alarms.ts",
    /add "\.\.\/alarms\/manifest\.json" to src\/features\/health\/manifest\.json/,
  ],
  [
    "src/features/extensions/registry.ts",
    "src/features/health/health.ts",
    /the feature extensions does not include health/,
  ],
  ["src/features/health/health.ts", "src/main.ts", /main is an application/],
  ["src/features/health/health.ts", "hosts/xs/clock.ts", /src knows no host: a platform is passed in/],
  ["src/link.ts", "hosts/flash-model/flash.ts", /src knows no host/],
  ["src/main.ts", "hosts/esp32/esp32-platform.ts", /src knows no host/],
  ["src/options.ts", "src/link.ts", /an import up, .* belongs on the lower one/],
  ["src/device/firmware.ts", "src/options.ts", /an import up/],
  ["src/update/report.ts", "src/device/vitals.ts", /an import up/],
  ["src/connection/session.ts", "src/update/updater.ts", /an import up/],
  ["src/log/log.ts", "src/connection/session.ts", /an import up/],
  ["src/protocol.ts", "src/connection/session.ts", /an import up/],
  ["src/novelty.ts", "src/protocol.ts", /src\/novelty\.ts is on no floor: put it into a room/],
  ["src/link.ts", "src/novelties/one.ts", /src\/novelties\/one\.ts is on no floor/],
  ["modules/http/get.ts", "src/protocol.ts", /modules know nothing of src/],
  ["modules/http/get.ts", "hosts/xs/clock.ts", /modules know nothing of hosts/],
  [
    "hosts/esp32/esp32-platform.ts",
    "src/protocol.ts",
    /hosts know nothing of src; .* an interface of modules\/platform/,
  ],
  [
    "hosts/esp32/esp32-platform.ts",
    "hosts/simulator/tcp.ts",
    /a host imports its own folder, hosts\/xs and hosts\/flash-model/,
  ],
  ["hosts/flash-model/flash.ts", "hosts/xs/clock.ts", /a host imports its own folder/],
  ["src/feature.ts", "src/update/trust.ts", /an import up/],
  ["nerveshub.ts", "hosts/esp32/esp32-platform.ts", /src knows no host/],
  ["features/health.ts", "hosts/xs/clock.ts", /src knows no host/],
  ["src/link.ts", "features/health.ts", /an entry is for applications; import what it exports from where that is made/],
  ["src/features/health/health.ts", "nerveshub.ts", /an entry is for applications/],
  ["hosts/esp32/esp32-platform.ts", "features/health.ts", /hosts know nothing of src/],
  ["src/link.ts", "tools/hub/hub.ts", /imports nothing of tools and tests/],
  ["modules/http/get.ts", "test/planted.ts", /imports nothing of tools and tests/],
];

const allowed: readonly (readonly [from: string, to: string])[] = [
  ["src/main.ts", "src/link.ts"],
  ["features/health.ts", "src/features/health/health.ts"],
  ["nerveshub.ts", "src/link.ts"],
  ["src/main.ts", "src/app-settings.ts"],
  ["src/main.ts", "src/features/health/health.ts"],
  ["src/app-settings.ts", "src/features/health/health.ts"],
  ["src/device/vitals.ts", "src/feature.ts"],
  ["src/features/ota-writer/ota-writer.ts", "src/features/firmware-writer/firmware-writer.ts"],
  ["src/link.ts", "src/options.ts"],
  ["src/link.ts", "src/log/log.ts"],
  ["src/device/device-channel.ts", "src/update/updater.ts"],
  ["src/update/updater.ts", "src/connection/session.ts"],
  ["src/connection/session.ts", "src/log/log.ts"],
  ["src/log/redact.ts", "src/log/log.ts"],
  ["src/features/health/health.ts", "src/device/vitals.ts"],
  ["src/features/health/health.ts", "src/features/health/kinds.ts"],
  ["src/features/health/health.ts", "src/features/extensions/registry.ts"],
  ["src/features/local-shell/local-shell.ts", "src/features/deeper/deeper.ts"],
  ["src/link.ts", "modules/http/get.ts"],
  ["modules/http/get.ts", "modules/text/utf8.ts"],
  ["hosts/esp32/esp32-platform.ts", "hosts/xs/clock.ts"],
  ["hosts/simulator/simulator-platform.ts", "hosts/flash-model/flash.ts"],
  ["hosts/node/host.ts", "modules/platform/platform.ts"],
  ["tools/hub/hub.ts", "src/protocol.ts"],
  ["test/src/a.test.ts", "hosts/xs/clock.ts"],
  ["bench/a.ts", "src/link.ts"],
  ["examples/one/main.ts", "src/features/health/health.ts"],
];

const manifests = {
  "src/features/health/manifest.json": includes("extensions"),
  "src/features/extensions/manifest.json": includes(),
  "src/features/local-shell/manifest.json": includes("console"),
  "src/features/ota-writer/manifest.json": `{ "platforms": { "esp32": ${includes("firmware-writer")}, "...": {} } }`,
  "src/features/console/manifest.json": includes("deeper"),
};

/** A file for each end of the imports; each import stands on a line of its own, the first on line 2. */
function tree(imports: readonly (readonly [string, string, ...unknown[]])[], word = "import"): Record<string, string> {
  const files: Record<string, string> = { ...manifests };
  for (const [from, to] of imports) {
    files[to] ??= "// planted\n";
    files[from] = `${files[from] ?? "// planted\n"}${line(from, to, word)}`;
  }
  return files;
}

const line = (from: string, to: string, word: string) =>
  `${word} { a } from "${"../".repeat(from.split("/").length - 1) || "./"}${to.replace(/\.ts$/, ".js")}";\n`;

describe("12.3 an import that the design does not allow fails `npm run check`", () => {
  for (const word of ["import", "import type", "export"])
    it(`by \`${word}\`, with file, line, what is not allowed and where it belongs`, () => {
      const files = tree(refused, word);
      const { status, lines } = check(files, "importsThatAreNotAllowed");
      assert.equal(status, 1);
      for (const [from, to, says] of refused) {
        const at = (files[from] ?? "").split("\n").indexOf(line(from, to, word).trimEnd()) + 1;
        const said = lines.filter((one) => one.startsWith(`${from}:${at}: ${to} may not be imported here: `));
        assert.equal(said.length, 1, `${from} ${to}`);
        assert.match(said[0] ?? "", says);
      }
      assert.equal(lines.length, refused.length);
    });

  it("by a module's name as by a path; entries, main and hosts name the platform's", () => {
    const platform = 'import { createPlatform } from "nerveshub/hosts/platform/platform";\n';
    const naming = ["nerveshub.ts", "src/main.ts", "hosts/esp32/esp32-platform.ts"];
    const { lines } = check(
      {
        ...Object.fromEntries(naming.map((path) => [path, platform])),
        "src/link.ts": platform,
        "modules/http/get.ts": 'import { a } from "nerveshub/src/link";\n',
      },
      "importsThatAreNotAllowed",
    );
    assert.deepEqual(
      lines.map((one) => one.slice(0, one.indexOf(" "))),
      ["modules/http/get.ts:1:", "src/link.ts:1:"],
    );
  });

  it("by a name of the package, as applications have it", () => {
    for (const name of ["nerves-hub-link-moddable/features/health", "nerves-hub-link-moddable", "nerveshub/network"])
      for (const path of ["src/connection/backoff.ts", "modules/sha256/sha256.ts"]) {
        const { lines } = check({ [path]: `import { a } from "${name}";\n` }, "importsThat");
        assert.equal(lines.length, 1, `${path} imports ${name}: ${lines.join()}`);
      }
  });

  it("by `import()` and by a type that is imported where it stands", () => {
    const value = 'export const load = () => import("./features/health/health.js");\n';
    const type = 'export type Z = import("./features/health/health.js").Health;\n';
    for (const text of [value, type]) {
      const { lines } = check({ "src/link.ts": text }, "importsThatAreNotAllowed");
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? "", /^src\/link\.ts:1: src\/features\/health\/health\.ts may not be imported here/);
    }
  });

  it("since `npm run check` runs the rules", () => {
    assert.match(JSON.parse(readFileSync("package.json", "utf8")).scripts.check, /&& node tools\/rules\/main\.mjs &&/);
  });

  it("and what it allows passes", () => {
    assert.deepEqual(check(tree(allowed), "importsThatAreNotAllowed"), { status: 0, lines: [] });
  });

  it("an exception lets one pass, and has to go when nothing needs it", () => {
    const exceptions = (...entries: string[]) => ({
      "tools/rules/exceptions.mjs": `export const imports = [\n${entries.map((one) => `  ["${one}", "why"],\n`).join("")}];\n`,
    });
    const planted = tree([["src/link.ts", "src/features/health/health.ts"]]);
    assert.equal(check(planted).status, 1);
    assert.deepEqual(check({ ...planted, ...exceptions("src/link.ts src/features/") }), { status: 0, lines: [] });
    const spent = check({ ...planted, ...exceptions("src/link.ts src/features/", "src/options.ts src/features/") });
    assert.equal(spent.status, 1);
    assert.deepEqual(spent.lines, [
      "tools/rules/exceptions.mjs:3: nothing needs this exception any more, so it has to go: src/options.ts src/features/",
    ]);
  });
});

describe("12.3 a circle of imports fails `npm run check`", () => {
  it("of two files and of three, by types too, wherever it lies", () => {
    const { status, lines } = check(
      {
        "src/log/a.ts": 'import { b } from "./b.js";\n',
        "src/log/b.ts": 'import type { a } from "./a.js";\n',
        "tools/hub/a.ts": 'import { b } from "./b.js";\n',
        "tools/hub/b.ts": '\nexport { c } from "./c.js";\n',
        "tools/hub/c.ts": 'import { type a } from "./a.js";\n',
        "modules/x/a.ts": 'import { a } from "./a.js";\n',
        "hosts/xs/a.ts": 'import { b } from "./b.js";\n',
        "hosts/xs/b.ts": "// nobody\n",
      },
      "circlesOfImports",
    );
    assert.equal(status, 1);
    assert.deepEqual(lines.map((one) => one.slice(0, one.indexOf(" leads back here"))).sort(), [
      "modules/x/a.ts:1: a circle of imports: modules/x/a.ts",
      "src/log/a.ts:1: a circle of imports: src/log/b.ts",
      "src/log/b.ts:1: a circle of imports: src/log/a.ts",
      "tools/hub/a.ts:1: a circle of imports: tools/hub/b.ts",
      "tools/hub/b.ts:2: a circle of imports: tools/hub/c.ts",
      "tools/hub/c.ts:1: a circle of imports: tools/hub/a.ts",
    ]);
  });

  it("and a diamond does not", () => {
    const files = {
      "src/log/a.ts": 'import { b } from "./b.js";\nimport { c } from "./c.js";\n',
      "src/log/b.ts": 'import { d } from "./d.js";\n',
      "src/log/c.ts": 'import { d } from "./d.js";\n',
      "src/log/d.ts": "// the ground\n",
    };
    assert.deepEqual(check(files, "circlesOfImports"), { status: 0, lines: [] });
  });
});
