import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import { ImageVerifier, type VerifiedImage } from "../../../modules/ota/image-verifier.js";
import { toHex } from "../../../modules/text/hex.js";
import { assert, crypto, describe, fixture, it } from "../../support/harness.js";

const recorded = fixture("transcripts/fixtures/app-1.1.0.bin");
const small = buildImage({ projectName: "small", version: "1.0.0", size: 1024 }, crypto);

function verify(bytes: Uint8Array, chunk = bytes.byteLength): VerifiedImage {
  const verifier = new ImageVerifier(crypto, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += chunk) verifier.update(bytes.subarray(at, at + chunk));
  return verifier.finish(bytes.byteLength);
}

function refusal(bytes: Uint8Array): string | undefined {
  try {
    verify(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Fault && error.stage === "image") return error.code;
    throw error;
  }
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

/** `image` with a v2 signature sector whose content after the first bytes does not matter here. */
function signed(image: Uint8Array, scheme: number): Uint8Array {
  const padding = new Uint8Array((4096 - (image.byteLength % 4096)) % 4096).fill(0xff);
  const sector = new Uint8Array(4096).fill(0x55);
  sector.set([0xe7, scheme, 0, 0]);
  return concat(image, padding, sector);
}

describe("ota: verification of an image", () => {
  it("accepts the image that a real server took", () => {
    const { imageSize, hashAppended, trailer, sha256 } = verify(recorded);
    assert.deepEqual([imageSize, hashAppended, trailer], [recorded.byteLength, true, "none"]);
    // What the server said of the file (transcript update-by-deployment).
    assert.equal(toHex(sha256), "c762028b3c67921f7eb7c25b5b153ca54b9676acfbcfddd143ea66a04b5ac1e2");
  });

  it("gives the same answer however the bytes are cut", () => {
    for (let chunk = 1; chunk <= 67; chunk++) assert.equal(verify(small, chunk).imageSize, small.byteLength);
    for (let first = 0; first <= small.byteLength; first++) {
      const verifier = new ImageVerifier(crypto, small.byteLength);
      verifier.update(small.slice(0, first));
      verifier.update(small.subarray(first));
      assert.ok(verifier.ended);
    }
  });

  it("finds every single changed byte", () => {
    let found = 0;
    const bytes = small.slice();
    for (let at = 0; at < bytes.byteLength; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        bytes[at] ^= flip;
        if (refusal(bytes)) found++;
        else assert.fail(`byte ${at} xor ${flip} went unnoticed`);
        bytes[at] ^= flip;
      }
    }
    assert.equal(found, small.byteLength * 3);
  });

  it("finds every truncation", () => {
    for (let size = 0; size < small.byteLength; size++) assert.ok(refusal(small.subarray(0, size)), `${size} bytes`);
  });

  it("names the checksum byte when only that is wrong", () => {
    const bytes = small.slice();
    bytes[bytes.byteLength - 33] ^= 1;
    assert.equal(refusal(bytes), "image-checksum");
  });

  it("names the hash when only that is wrong", () => {
    const bytes = small.slice();
    bytes[bytes.byteLength - 1] ^= 1;
    assert.equal(refusal(bytes), "image-hash");
  });

  it("13.3 takes padding behind the image, as ESP-IDF, esptool and NervesHub do", () => {
    for (const byte of [0xff, 0x00])
      for (const extra of [1, 15, 32, 68, 80, 4096, 20_000]) {
        const { trailer, imageSize } = verify(concat(small, new Uint8Array(extra).fill(byte)), 1000);
        assert.deepEqual([trailer, imageSize], ["padding", small.byteLength], `${extra} of ${byte}`);
      }
  });

  it("13.3 takes padding behind a signature, which stays where ESP-IDF looks for it", () => {
    assert.equal(verify(concat(signed(small, 2), new Uint8Array(8192).fill(0xff))).trailer, "signature-v2-rsa");
  });

  it("refuses bytes behind the image that are neither padding nor a signature", () => {
    for (const extra of [1, 68, 80, 4096, 5000]) {
      assert.equal(refusal(concat(small, new Uint8Array(extra).fill(0xa5))), "image-trailing-bytes");
      const mixed = new Uint8Array(extra + 1).fill(0xff);
      mixed[extra] = 0;
      assert.equal(refusal(concat(small, mixed)), "image-trailing-bytes");
    }
    assert.equal(refusal(concat(signed(small, 2), Uint8Array.of(0xff, 0x00))), "image-trailing-bytes");
  });

  it("knows a Secure Boot v2 sector by its place, magic and scheme", () => {
    for (const image of [small, buildImage({ projectName: "p", version: "1.0.0", size: 8192 }, crypto)]) {
      assert.equal(verify(signed(image, 2)).trailer, "signature-v2-rsa");
      assert.equal(verify(signed(image, 3), 5).trailer, "signature-v2-ecdsa");
      assert.equal(verify(signed(image, 2)).imageSize, image.byteLength);
      assert.equal(refusal(signed(image, 4)), "image-trailing-bytes");
    }
  });

  it("finds every changed byte between the image and the sector's scheme", () => {
    const bytes = signed(small, 2);
    for (let at = small.byteLength; at < 4096 + 2; at++) {
      bytes[at] ^= 0x10;
      assert.equal(refusal(bytes), "image-trailing-bytes", `byte ${at}`);
      bytes[at] ^= 0x10;
    }
  });

  it("does not see through a cleared hash flag", () => {
    const bytes = signed(small, 2);
    bytes[23] = 0;
    assert.equal(refusal(bytes), "image-trailing-bytes");
  });

  it("accepts an image without a hash on its checksum alone, and says so", () => {
    const bytes = small.slice(0, small.byteLength - 32);
    bytes[23] = 0;
    const { imageSize, hashAppended, trailer } = verify(bytes);
    assert.deepEqual([imageSize, hashAppended, trailer], [bytes.byteLength, false, "none"]);
  });

  it("refuses a segment that goes past the file as soon as its header is seen", () => {
    const verifier = new ImageVerifier(crypto, 280);
    assert.throws(
      () => verifier.update(small.subarray(0, 32)),
      (error) => error instanceof Fault && error.code === "image-exceeds-limit",
    );
  });

  it("refuses a file of another size than was announced", () => {
    const verifier = new ImageVerifier(crypto, 5000);
    verifier.update(small);
    assert.throws(
      () => verifier.finish(1025),
      (error) => error instanceof Fault && error.code === "image-size",
    );
  });
});
