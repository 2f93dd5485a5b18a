import { existsSync, readFileSync } from "node:fs";
import { parseImageHead } from "../../../modules/ota/image.js";
import { ImageVerifier } from "../../../modules/ota/image-verifier.js";
import { toHex } from "../../../modules/text/hex.js";
import { chipOf } from "../../../src/firmware/chip.js";
import { firmwareMetadata } from "../../../src/firmware/firmware-metadata.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

// Images that Espressif built and published as test data of esptool. They are not part of this repository.
const folder = new URL("../../../../../shared/data/esp-idf-images/", import.meta.url);

function sha256(bytes: Uint8Array): Uint8Array {
  const digest = crypto.digest("sha256");
  digest.update(bytes);
  return digest.finish();
}

function real(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

const present = existsSync(folder);
if (!present) console.log("skipped: real ESP-IDF images, since ../shared/data/esp-idf-images is not there");

(present ? describe : describe.skip)("ota: images that Espressif built", () => {
  it("reads and verifies blink for the ESP32-S2, whose version NervesHub would refuse", () => {
    const bytes = real("esp_idf_blink_esp32s2.bin");
    const head = parseImageHead(bytes);
    assert.equal(chipOf(head.chipId).platform, "esp32s2");
    assert.equal(head.description.projectName, "blink");
    assert.equal(head.description.version, "qa-test-v5.0-20220830-4-g4532e6");
    assert.equal(head.description.idfVersion, "v5.0-beta1-427-g4532e6e0b2-dirt");
    assert.throws(
      () => firmwareMetadata(head),
      (error) => error.message.includes("qa-test-v5.0"),
    );
    const verifier = new ImageVerifier(crypto, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += 1460) verifier.update(bytes.subarray(at, at + 1460));
    assert.deepEqual(verifier.finish(bytes.byteLength), {
      imageSize: 182_368,
      hashAppended: true,
      trailer: "none",
      sha256: sha256(bytes),
    });
  });

  it("takes the 80-byte trailer of hello-world for the v1 signature that it is", () => {
    const bytes = real("hello-world-signed.bin");
    const { version, projectName, elfSha256 } = parseImageHead(bytes).description;
    assert.equal(version, "v3.3-beta3-21-g0706bd0d1-dirty");
    assert.equal(projectName, "hello-world");
    assert.equal(toHex(elfSha256), toHex(bytes.subarray(176, 208)));
    const verifier = new ImageVerifier(crypto, bytes.byteLength);
    verifier.update(bytes);
    const expected = { imageSize: 196_528, hashAppended: true, trailer: "signature-v1", sha256: sha256(bytes) };
    assert.deepEqual(verifier.finish(bytes.byteLength), expected);
  });

  it("finds a bit changed anywhere in them", () => {
    for (const name of ["esp_idf_blink_esp32s2.bin", "hello-world-signed.bin"]) {
      const bytes = real(name);
      for (let at = 0; at < bytes.byteLength - 80; at += 4999) {
        bytes[at] ^= 2;
        const verifier = new ImageVerifier(crypto, bytes.byteLength);
        assert.throws(
          () => {
            verifier.update(bytes);
            verifier.finish(bytes.byteLength);
          },
          (error) => error.name === "Fault",
        );
        bytes[at] ^= 2;
      }
    }
  });
});
