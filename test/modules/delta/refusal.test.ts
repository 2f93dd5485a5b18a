/* No patch, however made or damaged, takes the decoder out of its bounds; what it refuses has a name. */

import { DeltaDecoder } from "../../../modules/delta/decoder.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, fixture, it } from "../../support/harness.js";
import { PatchBuilder, sizeBytes } from "../../support/patch-builder.js";
import { assertSame, pair, pushAll, RebuiltImage, rebuild } from "../../support/rebuild-image.js";

const source: Uint8Array = new Uint8Array(1000).map((_, i) => i);

/** The code of the fault that `patch` ends with, or "rebuilt". Anything but a Fault fails the test. */
function outcome(patch: Uint8Array, from: Uint8Array = source, maxToSize = 8192): string {
  const target = new RebuiltImage(from, maxToSize);
  const decoder = new DeltaDecoder(target.options);
  try {
    pushAll(decoder, patch, patch.byteLength);
    decoder.finish();
    return "rebuilt";
  } catch (error) {
    if (!(error instanceof Fault) || error.stage !== "image") throw error;
    assert.throws(
      () => decoder.push(patch),
      (again) => again === error,
    );
    return error.code;
  }
}

describe("ota/delta: refusing", () => {
  const refused: [string, string, RegExp][] = [
    ["in-place", "patch-type-unsupported", /in-place/],
    ["hdiffpatch", "patch-type-unsupported", /hdiffpatch/],
    ["none", "patch-compression-unsupported", /none/],
    ["lzma", "patch-compression-unsupported", /lzma/],
    ["crle", "patch-compression-unsupported", /crle/],
    ["bz2", "patch-compression-unsupported", /bz2/],
    ["zstd", "patch-compression-unsupported", /zstd/],
    ["lz4", "patch-compression-unsupported", /lz4/],
    ["window-13", "patch-window-too-large", /8192 bytes/],
    ["window-15", "patch-window-too-large", /32768 bytes/],
    ["data-format", "patch-data-format-unsupported", /--data-format/],
  ];
  for (const [name, code, words] of refused) {
    it(`a patch of detools with ${name} is refused by name`, () => {
      const decoder = new DeltaDecoder(new RebuiltImage(source, 8192).options);
      assert.throws(
        () => pushAll(decoder, fixture(`delta/refused-${name}.patch`), 1000),
        (error) => error instanceof Fault && error.code === code && words.test(error.message),
      );
    });
  }

  it("a patch for a larger image than the slot is refused before anything is written", () => {
    const { from, patch, to } = pair("many-edits");
    assert.equal(outcome(patch, from, to.byteLength - 1), "patch-too-large");
    assert.equal(outcome(new PatchBuilder().raw(0x04, ...sizeBytes(2 ** 32)).build()), "patch-too-large");
    assert.equal(outcome(new PatchBuilder().raw(0x04, ...sizeBytes(2 ** 34 - 1)).build()), "patch-too-large");
  });

  it("a size that never ends is refused", () => {
    const endless = new Array<number>(100).fill(0x80);
    assert.equal(outcome(new PatchBuilder().raw(0x04, ...endless).build()), "patch-corrupt");
    assert.equal(
      outcome(
        new PatchBuilder()
          .start(100)
          .literal(...endless)
          .build(),
      ),
      "patch-corrupt",
    );
  });

  it("negative sizes are refused", () => {
    assert.equal(outcome(new PatchBuilder().raw(0x04, ...sizeBytes(-5)).build()), "patch-corrupt");
    assert.equal(outcome(new PatchBuilder().start(100).size(-1).build()), "patch-corrupt");
    assert.equal(outcome(new PatchBuilder().start(100).size(0, -1).build()), "patch-corrupt");
  });

  it("pieces beyond the announced size are refused, alone and in sum", () => {
    assert.equal(outcome(new PatchBuilder().start(100).size(101).build()), "patch-overrun");
    assert.equal(
      outcome(
        new PatchBuilder()
          .start(100)
          .size(2 ** 33)
          .build(),
      ),
      "patch-overrun",
    );
    assert.equal(outcome(new PatchBuilder().start(100).size(0, 101).build()), "patch-overrun");
    assert.equal(outcome(new PatchBuilder().start(3).size(2).literal(0, 0).size(2).build()), "patch-overrun");
  });

  it("a source range outside the source is refused", () => {
    assert.equal(outcome(new PatchBuilder().start(2000).size(1001).build()), "patch-source-range");
    assert.equal(outcome(new PatchBuilder().start(100).size(0, 0, -1).build()), "patch-source-range");
    assert.equal(outcome(new PatchBuilder().start(100).size(0, 0, 1001).build()), "patch-source-range");
    assert.equal(outcome(new PatchBuilder().start(100).size(0, 0, 999, 2).build()), "patch-source-range");
    assert.equal(
      outcome(
        new PatchBuilder()
          .start(100)
          .size(0, 0, 2 ** 34 - 1)
          .build(),
      ),
      "patch-source-range",
    );
    assert.equal(outcome(new PatchBuilder().start(1).size(0, 0, 999, 1).literal(1).size(0, -1000).build()), "rebuilt");
  });

  it("a lookahead as large as its window is refused", () => {
    assert.equal(outcome(new PatchBuilder().raw(0x04, 1, 0x45).build()), "patch-corrupt");
    assert.equal(outcome(new PatchBuilder().raw(0x04, 1, 0x0f).build()), "patch-corrupt");
  });

  it("copies from before the first byte are zeros, as the encoder's window is", () => {
    const patch = new PatchBuilder().start(100).size(0, 100).copy(256, 100).size(0).build();
    assertSame(rebuild(source, patch, 1, 100), new Uint8Array(100), "zeros");
  });

  it("bytes after the end, and padding that is not zero, are refused", () => {
    const complete = (): PatchBuilder => new PatchBuilder().start(1).size(0, 1).literal(65).size(0);
    assert.equal(outcome(complete().build()), "rebuilt");
    assert.equal(outcome(complete().build("1")), "patch-corrupt");
    assert.equal(outcome(complete().literal(0).build()), "patch-corrupt");
    assert.equal(outcome(complete().copy(1, 1).build()), "patch-corrupt");
    const longer = new Uint8Array(complete().build().byteLength + 1);
    longer.set(complete().build());
    assert.equal(outcome(longer), "patch-corrupt");
    assert.equal(outcome(new Uint8Array([0x04, 0x00, 0x00])), "patch-corrupt");
  });

  it("blocks of nothing, 128 bytes of them in two of the patch, never take a long call", () => {
    const endless = new PatchBuilder().start(100);
    for (let i = 0; i < 1000; i++) endless.copy(1, 128);
    const patch = endless.build();
    const decoder = new DeltaDecoder(new RebuiltImage(source, 8192).options);
    assert.ok(decoder.push(patch) < 100, "one call decompresses no more than its budget and a little ahead");
    assert.equal(outcome(patch), "patch-truncated");
  });

  it("every prefix of a patch is found to be too short", () => {
    for (const { from, to, patch } of [pair("small", "small"), pair("equal"), pair("one-byte", "one-byte")])
      for (let length = 0; length < patch.byteLength; length++)
        assert.equal(outcome(patch.subarray(0, length), from, to.byteLength), "patch-truncated", `${length} bytes`);
  });

  it("every single flipped bit gives a fault or an image of the announced size, never more", () => {
    const { from, to, patch } = pair("small", "small");
    let faults = 0;
    for (let bit = 0; bit < patch.byteLength * 8; bit++) {
      const damaged = patch.slice();
      damaged[bit >> 3] ^= 128 >> (bit & 7);
      if (outcome(damaged, from, to.byteLength) !== "rebuilt") faults++;
    }
    assert.ok(faults > patch.byteLength, `${faults} faults`);
  });

  it("random bytes after a good start stay within all bounds", () => {
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed >> 16;
    };
    for (let run = 0; run < 300; run++) {
      const window = 4 + (random() % 9);
      const lookahead = 3 + (random() % (window - 3));
      const patch = new Uint8Array(60 + (random() % 60));
      for (let i = 0; i < patch.byteLength; i++) patch[i] = random();
      patch.set([0x04, ...sizeBytes(5000), ((window - 4) << 4) | (lookahead - 3)]);
      assert.ok(outcome(patch) !== "rebuilt");
    }
  });
});
