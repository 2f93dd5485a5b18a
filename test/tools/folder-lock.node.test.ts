import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../../tools/folder-lock.js";
import { openDataFolder } from "../../tools/hub/data-folder.js";

describe("14.2 two programs on one data folder are refused", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("while the first one runs", () => {
    writeFileSync(join(folder, "lock"), String(process.ppid));
    assert.throws(
      () => lockFolder(folder),
      /is in use by another program \(process \d+\); give this one a folder of its own/,
    );
  });

  it("but not when it is gone, by a power cut too", () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    for (const left of [String(pid), "", "nonsense", "-1", "0"]) {
      writeFileSync(join(folder, "lock"), left);
      lockFolder(folder)();
    }
    assert.equal(statSync(join(folder, "lock"), { throwIfNoEntry: false }), undefined);
  });
});

describe("14.3 the product key and the token stay over a restart", () => {
  it("in a file that its owner alone reads; one that cannot be read is made anew", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "hub-")), "data");
    const first = openDataFolder(folder);
    first.close();
    const second = openDataFolder(folder);
    second.close();
    assert.deepEqual(second.kept, first.kept);
    assert.match(first.kept.key, /^nhp_/);
    const file = join(folder, "hub.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const bad of ["", "{", "null", '{"token":""}']) {
      writeFileSync(file, bad);
      const { kept, close } = openDataFolder(folder);
      close();
      assert.notEqual(kept.token, first.kept.token);
    }
    rmSync(join(folder, ".."), { recursive: true });
  });
});
