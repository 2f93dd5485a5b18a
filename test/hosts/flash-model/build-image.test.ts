import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import { parseImageHead } from "../../../modules/ota/image.js";
import { ImageVerifier } from "../../../modules/ota/image-verifier.js";
import { firmwareMetadata } from "../../../src/firmware/firmware-metadata.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

const options = { chipId: 9, projectName: "demo", version: "1.0.0", size: 8192 };

describe("made-up images", () => {
  it("verify at every size that can be made", () => {
    for (let size = 1024; size <= 2048; size += 16) {
      const image = buildImage({ ...options, size }, crypto);
      assert.equal(image.byteLength, size);
      const verifier = new ImageVerifier(crypto, size);
      verifier.update(image);
      assert.equal(verifier.finish(size).imageSize, size);
    }
  });

  it("are the same for the same options", () => {
    assert.deepEqual(buildImage(options, crypto), buildImage(options, crypto));
  });

  it("are another firmware for another version, with almost the same bytes", () => {
    const one = buildImage(options, crypto);
    const other = buildImage({ ...options, version: "1.1.0" }, crypto);
    const uuid = (image: Uint8Array) => firmwareMetadata(parseImageHead(image)).uuid;
    assert.ok(uuid(one) !== uuid(other));
    assert.ok(one.filter((byte, at) => byte !== other[at]).byteLength < 100);
  });

  it("are refused when they cannot be made", () => {
    const refused = (error: Error) => error instanceof Fault && error.code === "image-options";
    assert.throws(() => buildImage({ ...options, size: 1000 }, crypto), refused);
    assert.throws(() => buildImage({ ...options, size: 1025 }, crypto), refused);
    assert.throws(() => buildImage({ ...options, version: "1".repeat(32) }, crypto), refused);
  });
});
