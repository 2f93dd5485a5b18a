/*
 * What `npm run check` says of manifests, with planted cases: the lists of modules are compared with the sources.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, assert, describe, it } from "../../support/harness.js";

const script = resolve("tools/xs/manifests.mjs");
const copy = mkdtempSync(join(tmpdir(), "manifests-"));
for (const part of [
  "sdk",
  "src",
  "features",
  "modules",
  "hosts",
  "manifest_link.json",
  "manifest_all.json",
  "manifest_plain.json",
  "manifest_network.json",
  "package.json",
])
  cpSync(part, join(copy, part), { recursive: true });

const check = () => spawnSync(process.execPath, [script], { cwd: copy, encoding: "utf8" });

/** What is said while `path` is `change`d. */
function saidOf(path: string, change: (text: string) => string): string {
  const file = join(copy, path);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, change(text));
  const { status, stderr } = check();
  writeFileSync(file, text);
  return status === 0 ? "nothing" : stderr;
}

describe("manifests", () => {
  after(() => rmSync(copy, { recursive: true }));

  it("list every module one by one, as they are in the repository", () => {
    assert.equal(check().status, 0, check().stderr);
  });

  it("that lack a module fail the check, by name", () => {
    const said = saidOf("modules/http/manifest.json", (text) => text.replaceAll('"nerveshub/modules/http/get"', '"x"'));
    assert.match(said, /modules\/http\/manifest\.json/);
  });

  it("that do not include what their modules import fail the check, by name", () => {
    const said = saidOf("src/features/alarms/alarms.ts", (text) =>
      text.replace("import ", 'import { Health } from "../health/health.js";\nimport '),
    );
    assert.match(said, /src\/features\/alarms\/manifest\.json/);
  });

  it("that do not include the base first fail the check, by name", () => {
    const said = saidOf("src/manifest.json", (text) => text.replace('"../sdk/manifest_base.json",', ""));
    assert.match(said, /src\/manifest\.json/);
  });

  for (const path of ["manifest_network.json", "modules/tls/manifest.json"])
    it(`that do not include the base first fail the check where they are written by hand too: ${path}`, () => {
      const said = saidOf(path, (text) => text.replace(/"[./]*sdk\/manifest_base\.json",?/, ""));
      assert.match(said, new RegExp(`${path} does not include sdk/manifest_base.json first`));
    });

  for (const path of ["src/manifest.json", "manifest_link.json", "modules/tls/manifest.json"])
    it(`with a glob fail the check: ${path}`, () => {
      const said = saidOf(path, (text) => planted(text, { modules: { "*": "./device/*" } }));
      assert.match(said, new RegExp(`${path}: ./device/\\* is a glob`));
    });

  for (const [path, what, section] of [
    ["src/features/local-shell/manifest.json", '"strip"', { strip: ["RegExp"] }],
    ["src/features/geo/manifest.json", '"~" takes', { modules: { "~": ["$(MODULES)/drivers/button/*"] } }],
    ["src/features/geo/manifest.json", '"typescript"', { typescript: { tsconfig: {} } }],
    ["manifest_link.json", '"creation"', { creation: { stack: 512 } }],
    ["hosts/esp32/manifest.json", '"config"', { config: { host: "x" } }],
  ] as const)
    it(`that take something from the application fail the check: ${what} in ${path}`, () => {
      const said = saidOf(path, (text) => planted(text, section));
      assert.ok(said.includes(`${path}: ${what}`), said);
    });
});

/** The manifest with a section's keys put into it. */
function planted(text: string, section: Readonly<Record<string, object>>): string {
  const manifest = JSON.parse(text) as Record<string, object>;
  for (const [key, value] of Object.entries(section))
    manifest[key] = Array.isArray(value) || key === "creation" ? value : { ...manifest[key], ...value };
  return JSON.stringify(manifest);
}
