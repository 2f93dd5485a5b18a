import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import { crc32 } from "../../../modules/ota/crc32.js";
import { reportImage, reportLines } from "../../../tools/stamp/image-report.js";
import { assert, crypto, describe, fixture, it } from "../../support/harness.js";

const image = buildImage({ chipId: 5, projectName: "thermostat", version: "v1.4", size: 4096 }, crypto);

/** `image` with a v2 block whose CRC and digest are right; its signature is nobody's. */
function signed(): Uint8Array {
  const bytes = new Uint8Array(image.byteLength + 4096).fill(0xff);
  bytes.set(image);
  const block = bytes.subarray(image.byteLength);
  block.set([0xe7, 2, 0, 0]);
  const digest = crypto.digest("sha256");
  digest.update(image);
  block.set(digest.finish(), 4);
  new DataView(block.buffer, block.byteOffset).setUint32(1196, crc32(block.subarray(0, 1196)), true);
  return bytes;
}

function problems(bytes: Uint8Array): string {
  return reportImage(bytes, crypto).problems.join("\n");
}

describe("stamp --show", () => {
  it("shows what the server derived from a recorded image", () => {
    const lines = reportLines(reportImage(fixture("transcripts/fixtures/app-1.1.0.bin"), crypto)).join("\n");
    assert.match(lines, /product +nh-demo\n/);
    assert.match(lines, /version +1\.1\.0\n/);
    assert.match(lines, /uuid +0efa51ff-27b5-87f0-8962-86b3609837b6\n/);
    assert.match(lines, /platform +esp32s3 \(chip 9\)\n/);
    assert.match(lines, /NervesHub can use it\.$/);
  });

  it("shows the normalised version and the written one", () => {
    const { fields } = reportImage(image, crypto);
    assert.equal(new Map(fields).get("version"), '1.4.0 (written "v1.4")');
  });

  it("names a version and a product that the server would refuse", () => {
    const bad = buildImage({ projectName: "", version: "nightly", size: 1024 }, crypto);
    assert.match(problems(bad), /"nightly"/);
    assert.match(problems(bad), /no project name/);
  });

  it("names damage that the server would let through", () => {
    const damaged = image.slice();
    damaged[3000] ^= 1;
    assert.match(problems(damaged), /damaged.*would not start it/);
  });

  it("notes Moddable's default name, a missing signature and an unknown chip", () => {
    const plain = buildImage({ chipId: 99, projectName: "xs_esp32", version: "1.0.0", size: 1024 }, crypto);
    const notes = reportImage(plain, crypto).notes.join("\n");
    assert.match(notes, /every Moddable build/);
    assert.match(notes, /not signed/);
    assert.match(notes, /chip 99/);
    assert.equal(problems(plain), "");
  });

  it("checks of a v2 signature what needs no key", () => {
    assert.equal(problems(signed()), "");
    const block = signed();
    block[image.byteLength + 100] ^= 1;
    assert.match(problems(block), /CRC-32/);
    const other = signed();
    other.set([1, 2, 3, 4], image.byteLength + 10);
    const view = new DataView(other.buffer, image.byteLength);
    view.setUint32(1196, crc32(other.subarray(image.byteLength, image.byteLength + 1196)), true);
    assert.match(problems(other), /changed after it was signed/);
    const ecdsa = signed();
    ecdsa[image.byteLength + 1] = 3;
    assert.match(problems(ecdsa), /ECDSA/);
  });

  it("has nothing to show of what is not an image", () => {
    assert.throws(
      () => reportImage(new Uint8Array(5000), crypto),
      (error) => error instanceof Fault && error.code === "not-an-image",
    );
  });
});
