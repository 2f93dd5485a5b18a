/*
 * First aid, item 18: what a build does to dist/ while programs of it run.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, describe, it } from "../support/harness.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const dist = join(root, "dist");

function build(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "tools/run.mjs")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** When each compiled file was written, ms. */
function written(): Map<string, number> {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  return new Map(files.map((file) => [file, statSync(join(dist, file)).mtimeMs]));
}

describe("first aid 18: a build under running programs", () => {
  it("writes no file anew that has not changed", () => {
    build();
    const before = written();
    assert.ok(before.size > 300);
    build();
    assert.deepEqual(written(), before);
  });

  it("leaves the commands executable", () => {
    build();
    const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: Record<string, string> };
    for (const path of Object.values(bin)) assert.equal(statSync(join(root, path)).mode & 0o111, 0o111, path);
  });

  it("removes a suite whose source is gone", () => {
    const orphan = join(dist, "test/orphan.test.js");
    writeFileSync(orphan, "");
    build();
    assert.ok(!existsSync(orphan));
  });

  it("does not wait for a build that died", () => {
    const lock = join(dist, ".lock");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(lock, String(pid));
    build();
    assert.ok(!existsSync(lock));
  });
});
