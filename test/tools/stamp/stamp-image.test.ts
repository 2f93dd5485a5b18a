import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import { parseImageHead } from "../../../modules/ota/image.js";
import { ImageVerifier } from "../../../modules/ota/image-verifier.js";
import { firmwareMetadata, firmwareUuid } from "../../../src/firmware/firmware-metadata.js";
import { stampImage } from "../../../tools/stamp/stamp-image.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

const image = buildImage({ projectName: "xs_esp32", version: "1.0.0", size: 4096, seed: 3 }, crypto);
const stamp = { product: "thermostat", version: "1.4.0" };

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.code === code;
}

describe("stamp", () => {
  it("gives the image the product and version that NervesHub then reads", () => {
    const stamped = stampImage(image, stamp, crypto);
    const metadata = firmwareMetadata(parseImageHead(stamped));
    assert.equal(metadata.product, "thermostat");
    assert.equal(metadata.version, "1.4.0");
    assert.equal(metadata.uuid, firmwareUuid(parseImageHead(image).description.elfSha256));
  });

  it("makes an image that the boot loader starts", () => {
    const stamped = stampImage(image, stamp, crypto);
    const verifier = new ImageVerifier(crypto, stamped.byteLength);
    verifier.update(stamped);
    assert.equal(verifier.finish(stamped.byteLength).imageSize, image.byteLength);
  });

  it("changes the two texts, the checksum byte and the hash, and nothing else", () => {
    const before = image.slice();
    const stamped = stampImage(image, stamp, crypto);
    assert.deepEqual(image, before);
    assert.equal(stamped.byteLength, image.byteLength);
    for (let at = 0; at < image.byteLength; at++) {
      const text = at >= 48 && at < 112;
      const sealed = at >= image.byteLength - 33;
      if (!text && !sealed && stamped[at] !== image[at]) assert.fail(`byte ${at} changed`);
    }
  });

  it("stamping back gives the first image again", () => {
    const there = stampImage(image, stamp, crypto);
    const back = stampImage(there, { product: "xs_esp32", version: "1.0.0" }, crypto);
    assert.deepEqual(back, image);
  });

  it("keeps an image without a hash without one", () => {
    const bare = image.slice(0, image.byteLength - 32);
    bare[23] = 0;
    const stamped = stampImage(bare, stamp, crypto);
    const verifier = new ImageVerifier(crypto, stamped.byteLength);
    verifier.update(stamped);
    assert.equal(verifier.finish(stamped.byteLength).hashAppended, false);
  });

  it("takes a text that just fits, in bytes, and no longer one", () => {
    stampImage(image, { product: "p".repeat(31), version: "1.0.0" }, crypto);
    stampImage(image, { product: "é".repeat(15), version: "1.0.0" }, crypto);
    const long = (product: string, version: string) => () => stampImage(image, { product, version }, crypto);
    assert.throws(long("p".repeat(32), "1.0.0"), refused("stamp-too-long"));
    assert.throws(long("é".repeat(16), "1.0.0"), refused("stamp-too-long"));
    assert.throws(long("p", `1.0.0-${"a".repeat(26)}`), refused("stamp-too-long"));
  });

  it("refuses a version that is not SemVer, and says what it would be", () => {
    for (const version of ["1.4", "v1.4.0", "nightly", "", "1.4.0 "]) {
      assert.throws(() => stampImage(image, { product: "p", version }, crypto), refused("stamp-version"));
    }
    assert.throws(
      () => stampImage(image, { product: "p", version: "v1.4" }, crypto),
      (error) => error.message.includes("did you mean 1.4.0?"),
    );
  });

  it("refuses a product that the server would read differently", () => {
    for (const product of ["", " p", "p ", "a\0b", "a\nb", "a\x9bb", "a\u202eb", "a\u2028b"]) {
      assert.throws(() => stampImage(image, { product, version: "1.0.0" }, crypto), refused("stamp-product"));
    }
  });

  it("refuses a signed image", () => {
    const v1 = new Uint8Array(image.byteLength + 68);
    v1.set(image);
    v1[v1.byteLength - 1] = 7;
    assert.throws(() => stampImage(v1, stamp, crypto), refused("image-signed"));
    const v2 = new Uint8Array(image.byteLength + 4096).fill(0xff);
    v2.set(image);
    v2.set([0xe7, 2], image.byteLength);
    assert.throws(() => stampImage(v2, stamp, crypto), refused("image-signed"));
  });

  it("refuses a damaged image instead of sealing the damage", () => {
    const damaged = image.slice();
    damaged[2000] ^= 1;
    assert.throws(() => stampImage(damaged, stamp, crypto), refused("image-checksum"));
    assert.throws(
      () => stampImage(image.subarray(0, 300), stamp, crypto),
      (error) => error instanceof Fault,
    );
  });
});
