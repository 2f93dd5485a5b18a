import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import { chipOf } from "../../src/firmware/chip.js";
import { stampImage } from "../../tools/stamp/stamp-image.js";
import { after, assert, before, crypto, describe, it } from "../support/harness.js";
import { pythonTool } from "./python-tool.js";

/*
 * esptool is Espressif's own reader and writer of images, espsecure their signer: what they call valid, and what they
 * sign, our parser must call the same.
 */

const python = pythonTool("esptool");
const blink = new URL("../../../../shared/data/esp-idf-images/esp_idf_blink_esp32s2.bin", import.meta.url);

(python ? describe : describe.skip)("esptool", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nerveshub-esptool-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(python!, ["-m", ...args], { encoding: "utf8", cwd: folder });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  }

  function imageInfo(bytes: Uint8Array, platform: string): string {
    const path = join(folder, "image.bin");
    writeFileSync(path, bytes);
    return run("esptool", "--chip", platform, "image-info", path);
  }

  for (const chipId of [0x0000, 0x0002, 0x0005, 0x0009, 0x000c, 0x000d, 0x0010, 0x0012, 0x0017]) {
    const { platform } = chipOf(chipId);
    it(`calls a made-up image for the ${platform} valid and reads what was put in`, () => {
      const image = buildImage({ chipId, projectName: "made-up", version: "1.2.3-rc.1", size: 65_536 }, crypto);
      const info = imageInfo(image, platform);
      assert.match(info, /Checksum: 0x[0-9a-f]{2} \(valid\)/);
      assert.match(info, /Validation hash: [0-9a-f]{64} \(valid\)/);
      assert.match(info, /Project name: made-up\n/);
      assert.match(info, /App version: 1\.2\.3-rc\.1\n/);
    });
  }

  it("calls a stamped image valid and reads the stamp", () => {
    const image = buildImage({ projectName: "xs_esp32", version: "1", size: 32_768 }, crypto);
    const info = imageInfo(stampImage(image, { product: "thermostat", version: "1.4.0" }, crypto), "esp32");
    assert.match(info, /Checksum: 0x[0-9a-f]{2} \(valid\)/);
    assert.match(info, /Validation hash: [0-9a-f]{64} \(valid\)/);
    assert.match(info, /Project name: thermostat\n/);
    assert.match(info, /App version: 1\.4\.0\n/);
  });

  it("calls a stamped image of Espressif's valid", function () {
    if (!existsSync(blink)) {
      console.log("skipped: real ESP-IDF images, since ../shared/data/esp-idf-images is not there");
      (this as unknown as { skip(): void }).skip();
    }
    const image = new Uint8Array(readFileSync(blink));
    const info = imageInfo(stampImage(image, { product: "lamp", version: "3.0.0" }, crypto), "esp32s2");
    assert.match(info, /Checksum: 0x[0-9a-f]{2} \(valid\)/);
    assert.match(info, /Validation hash: [0-9a-f]{64} \(valid\)/);
    assert.match(info, /Project name: lamp\n/);
    assert.match(info, /App version: 3\.0\.0\n/);
  });

  it("signs an image (Secure Boot v2, RSA) in a way that the verifier recognises", () => {
    const image = buildImage({ chipId: 9, projectName: "signed", version: "1.0.0", size: 10_000 }, crypto);
    const path = join(folder, "unsigned.bin");
    const output = join(folder, "signed.bin");
    const key = join(folder, "key.pem");
    writeFileSync(path, image);
    run("espsecure", "generate-signing-key", "--version", "2", "--scheme", "rsa3072", key);
    run("espsecure", "sign-data", "--version", "2", "--keyfile", key, "--output", output, path);
    const signed = new Uint8Array(readFileSync(output));
    const verifier = new ImageVerifier(crypto, signed.byteLength);
    verifier.update(signed);
    const sha256 = new Uint8Array(createHash("sha256").update(signed).digest());
    const expected = { imageSize: image.byteLength, hashAppended: true, sha256, trailer: "signature-v2-rsa" };
    assert.deepEqual(verifier.finish(signed.byteLength), expected);
  });
});
