import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeFile } from "../../../hosts/node/node-file.js";
import { makePrivateFolder, writePrivateFile } from "../../../hosts/node/private-file.js";
import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("keys on disk: private files", () => {
  let folder: string;
  let umask: number;

  beforeEach(() => {
    umask = process.umask(0);
    folder = mkdtempSync(join(tmpdir(), "private-file-"));
  });

  afterEach(() => {
    process.umask(umask);
    rmSync(folder, { recursive: true, force: true });
  });

  it("are the owner's alone, whatever the umask", () => {
    const path = join(folder, "key.pem");
    writePrivateFile(path, "secret");
    assert.equal(modeOf(path), 0o600);
    assert.equal(readFileSync(path, "utf8"), "secret");
  });

  it("take nothing over from a file that everybody can read", () => {
    const path = join(folder, "key.pem");
    writeFileSync(path, "older");
    chmodSync(path, 0o644);
    writePrivateFile(path, "newer");
    assert.equal(modeOf(path), 0o600);
    assert.equal(readFileSync(path, "utf8"), "newer");
  });

  it("replace a link and leave what it points to alone", () => {
    const elsewhere = join(folder, "elsewhere");
    const path = join(folder, "key.pem");
    writeFileSync(elsewhere, "not ours");
    symlinkSync(elsewhere, path);
    writePrivateFile(path, "secret");
    assert.equal(readFileSync(elsewhere, "utf8"), "not ours");
    assert.equal(readFileSync(path, "utf8"), "secret");
  });

  it("leave nothing beside them, also when they cannot be written", () => {
    const path = join(folder, "taken");
    mkdirSync(path);
    assert.throws(
      () => writePrivateFile(path, "secret"),
      (error) => (error as NodeJS.ErrnoException).code === "EISDIR",
    );
    assert.deepEqual(readdirSync(folder), ["taken"]);
  });

  it("lie in folders that nobody else looks into", () => {
    const path = join(folder, "a", "keys");
    makePrivateFolder(path);
    assert.equal(modeOf(path), 0o700);
  });

  it("hold a simulated device's flash, with its signed URLs and keys", () => {
    const path = join(folder, "flash.bin");
    new NodeFile(path, 4096).close();
    assert.equal(modeOf(path), 0o600);
    assert.deepEqual(new Uint8Array(readFileSync(path)), new Uint8Array(4096).fill(0xff));
    chmodSync(path, 0o644);
    new NodeFile(path, 4096).close();
    assert.equal(modeOf(path), 0o600, "one that an earlier version left open is closed");
  });
});
