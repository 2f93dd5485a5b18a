import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../../hosts/node/crypto.js";
import { recordedImages } from "../../../tools/demo/images.js";

const main = fileURLToPath(new URL("../../../tools/demo/main.js", import.meta.url));

describe("14.2 the try-out", () => {
  const folder = mkdtempSync(join(tmpdir(), "try-out-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const start = (...args: string[]) => {
    const env = { ...process.env, TMPDIR: folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env });
    return { status, said: stdout + stderr };
  };

  it("a real image that is larger than the demo's slot gets a larger flash", () => {
    const image = buildImage({ chipId: 5, projectName: "big", version: "2.0.0", size: 2_621_440 }, nodeCrypto);
    const { status, said } = start("--image", file("big.bin", image));
    assert.equal(status, 0, said);
    assert.match(said, /2\.0\.0 \(2621440 bytes\), confirmed/);
  });

  it("an image without a product's name is stamped, and it is said", () => {
    const image = buildImage({ chipId: 9, projectName: "", version: "2.0.0", size: 65_536 }, nodeCrypto);
    const { status, said } = start("--image", file("nameless.bin", image));
    assert.equal(status, 0, said);
    assert.match(said, /it has no product name, which NervesHub files it by: stamped as "demo"/);
  });

  it("a wrong file is named for what it is", () => {
    const { status, said } = start("--image", file("app.elf", "\x7fELF and more"));
    assert.equal(status, 2);
    assert.match(said, /^The file is an ELF file; the application alone is build\/NAME\.bin/);
    assert.match(start("--image", join(folder, "none.bin")).said, /none\.bin does not exist\.\n$/);
  });

  it("a patch of the made-up pair is worth the name, without detools", () => {
    const { patch, after } = recordedImages();
    assert.ok(patch !== undefined && patch.byteLength > 20_000 && patch.byteLength < after.byteLength / 20);
  });

  it("says that an image of one's own cannot be sent as a patch", () => {
    const image = buildImage({ chipId: 9, projectName: "own", version: "2.0.0", size: 65_536 }, nodeCrypto);
    const { status, said } = start("--delta", "--image", file("own.bin", image));
    assert.equal(status, 0, said);
    assert.match(said, /a patch needs the build before it as well.*the whole image is sent/);
  });
});
