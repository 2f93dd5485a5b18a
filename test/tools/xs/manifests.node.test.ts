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
});
