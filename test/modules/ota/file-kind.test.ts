/* What was downloaded is told by its first byte, and what cannot be used is refused with what to do instead. */

import { Fault } from "../../../modules/fault/fault.js";
import { fileKind } from "../../../modules/ota/file-kind.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, fixture, it } from "../../support/harness.js";

describe("ota: file kinds", () => {
  it("13.19 a patch with esp_delta_ota's header is named as one", () => {
    assert.throws(
      () => fileKind(Uint8Array.of(0x10, 0xde, 0xcd, 0xfc, 0, 0)),
      (error) => error.message.includes("esp_delta_ota"),
    );
  });

  it("13.1 text is no delta, whatever it begins with", () => {
    for (const text of ['"error"', " {}", "\n<html>", "# page"])
      assert.throws(
        () => fileKind(encodeUtf8(text)),
        (error) => (error as Fault).code === "file-kind-unknown",
      );
  });

  it("an image and a patch as NervesHub serves them are known", () => {
    assert.equal(fileKind(fixture("transcripts/fixtures/app-1.0.0.bin")), "image");
    assert.equal(fileKind(fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch")), "delta");
  });

  it("a fwup archive is refused with what to upload instead", () => {
    assert.throws(
      () => fileKind(Uint8Array.of(0x50)),
      (error) => error instanceof Fault && error.code === "fwup-archive" && /\.bin/.test(error.message),
    );
  });

  it("other patches of detools are refused by name", () => {
    for (const [name, code] of [
      ["in-place", "patch-type-unsupported"],
      ["hdiffpatch", "patch-type-unsupported"],
      ["lzma", "patch-compression-unsupported"],
      ["none", "patch-compression-unsupported"],
    ])
      assert.throws(
        () => fileKind(fixture(`delta/refused-${name}.patch`)),
        (error) => error instanceof Fault && error.code === code && error.message.includes(name),
      );
  });

  it("every other first byte is refused", () => {
    let known = 0;
    for (let byte = 0; byte < 256; byte++)
      try {
        fileKind(Uint8Array.of(byte, 0x00));
        known++;
      } catch (error) {
        assert.ok(error instanceof Fault && error.stage === "image");
      }
    assert.equal(known, 2);
    assert.throws(
      () => fileKind(Uint8Array.of(0x7f)),
      (error) => error instanceof Fault && error.code === "file-kind-unknown" && /0x7f/.test(error.message),
    );
  });
});
