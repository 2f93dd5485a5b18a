import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import { imageHeadSize, parseImageHead } from "../../../modules/ota/image.js";
import { chipOf } from "../../../src/firmware/chip.js";
import { firmwareMetadata } from "../../../src/firmware/firmware-metadata.js";
import { assert, crypto, describe, fixture, it } from "../../support/harness.js";

const recorded = fixture("transcripts/fixtures/app-1.1.0.bin");

function head(change?: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = recorded.slice(0, imageHeadSize);
  change?.(bytes);
  return bytes;
}

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.stage === "image" && error.code === code;
}

describe("ota: head of an image", () => {
  it("reads the image that NervesHub's own tests ran with", () => {
    const parsed = parseImageHead(recorded);
    assert.equal(parsed.chipId, 9);
    assert.equal(parsed.segmentCount, 1);
    assert.equal(parsed.hashAppended, true);
    assert.equal(parsed.description.version, "1.1.0");
    assert.equal(parsed.description.projectName, "nh-demo");
    assert.equal(parsed.description.idfVersion, "v5.4.1");
    assert.equal(parsed.description.date, "Nov 21 2026");
    assert.equal(parsed.description.time, "12:00:00");
    assert.equal(parsed.description.elfSha256.byteLength, 32);
  });

  it("needs the first 288 bytes and no more", () => {
    assert.deepEqual(parseImageHead(head()), parseImageHead(recorded));
    assert.throws(() => parseImageHead(recorded.slice(0, imageHeadSize - 1)), refused("image-too-short"));
    assert.throws(() => parseImageHead(new Uint8Array(0)), refused("image-too-short"));
  });

  it("reads from the middle of a buffer", () => {
    const buffer = new Uint8Array(1000);
    buffer.set(recorded.subarray(0, imageHeadSize), 77);
    assert.deepEqual(parseImageHead(buffer.subarray(77)), parseImageHead(recorded));
  });

  it("says what a file is that is not an image", () => {
    assert.throws(() => parseImageHead(new Uint8Array(300)), refused("not-an-image"));
    assert.throws(
      () => parseImageHead(new Uint8Array(300).fill(0xff)),
      (error) => error.message.includes("erased flash"),
    );
    assert.throws(() => parseImageHead(new Uint8Array([0x3c, 0x21])), refused("not-an-image"));
  });

  const damages: [string, string, (bytes: Uint8Array) => void][] = [
    ["no segment", "image-segments", (bytes) => bytes.fill(0, 1, 2)],
    ["17 segments", "image-segments", (bytes) => bytes.fill(17, 1, 2)],
    ["a hash flag that is neither 0 nor 1", "image-header", (bytes) => bytes.fill(2, 23, 24)],
    ["a first segment too short for the description", "image-segment-length", (bytes) => bytes.set([252, 0, 0, 0], 28)],
    ["a segment length that is no multiple of 4", "image-segment-length", (bytes) => bytes.fill(1, 28, 29)],
    ["a segment longer than any flash", "image-segment-length", (bytes) => bytes.fill(1, 31, 32)],
    ["another description magic", "no-app-description", (bytes) => bytes.fill(0, 32, 33)],
    ["a version that is not text", "description-not-text", (bytes) => bytes.fill(0xff, 48, 50)],
  ];
  for (const [what, code, damage] of damages) {
    it(`refuses ${what} as ${code}`, () => assert.throws(() => parseImageHead(head(damage)), refused(code)));
  }

  it("reads a text that fills its field without a NUL", () => {
    const parsed = parseImageHead(head((bytes) => bytes.fill(0x61, 80, 112)));
    assert.equal(parsed.description.projectName, "a".repeat(32));
  });
});

describe("ota: firmware metadata", () => {
  it("is what the server derived from the same image", () => {
    // As recorded in transcripts/firmware-upload.jsonl.
    assert.deepEqual(firmwareMetadata(parseImageHead(recorded)), {
      uuid: "0efa51ff-27b5-87f0-8962-86b3609837b6",
      product: "nh-demo",
      version: "1.1.0",
      platform: "esp32s3",
      architecture: "xtensa",
    });
  });

  it("knows chip 0 as the plain ESP32 and names an unknown chip by its number", () => {
    assert.deepEqual(chipOf(0), { platform: "esp32", architecture: "xtensa" });
    assert.deepEqual(chipOf(0x17), { platform: "esp32c5", architecture: "riscv" });
    assert.deepEqual(chipOf(99), { platform: "esp32-99", architecture: "unknown" });
  });

  it("refuses an image that the server would refuse", () => {
    const made = (projectName: string, version: string) => () =>
      firmwareMetadata(parseImageHead(buildImage({ projectName, version, size: 1024 }, crypto)));
    assert.throws(made("demo", "nightly"), refused("version-not-semver"));
    assert.throws(made("", "1.0.0"), refused("no-project-name"));
  });
});
