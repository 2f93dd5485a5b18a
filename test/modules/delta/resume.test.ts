/* A saved state continues to the same bytes from wherever it was taken, and a damaged one never leaves the bounds. */

import { DeltaDecoder } from "../../../modules/delta/decoder.js";
import { DeltaPhase, stateSize } from "../../../modules/delta/state.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, it } from "../../support/harness.js";
import { assertSame, pair, pushAll, RebuiltImage } from "../../support/rebuild-image.js";

interface Saved {
  state: Uint8Array;
  consumed: number;
  produced: number;
}

/** Every state that can be saved while the patch arrives in parts of `step` bytes. */
function savedStates(from: Uint8Array, patch: Uint8Array, maxToSize: number, step: number): Saved[] {
  const decoder = new DeltaDecoder(new RebuiltImage(from, maxToSize).options);
  const saved: Saved[] = [];
  const save = (): void => {
    const { consumed, produced } = decoder;
    if (decoder.savable) saved.push({ state: decoder.save(), consumed, produced });
  };
  save();
  while (decoder.consumed < patch.byteLength) {
    decoder.push(patch.subarray(decoder.consumed, decoder.consumed + step));
    save();
  }
  decoder.finish();
  save();
  return saved;
}

describe("ota/delta: saving and restoring", () => {
  const names = [
    "insertion",
    "reordered",
    "many-edits",
    "whole-chunks",
    "large-differences",
    "window-4-3",
    "window-12-11",
  ];
  for (const name of names) {
    it(`${name}: restored at every point where it can be saved, it rebuilds the same bytes`, () => {
      const { from, to, patch } = pair(name);
      for (const step of [1, 13, patch.byteLength]) {
        const target = new RebuiltImage(from, to.byteLength);
        const first = new DeltaDecoder(target.options);
        pushAll(first, patch, patch.byteLength);
        first.finish();
        for (const { state, consumed, produced } of savedStates(from, patch, to.byteLength, step).reverse()) {
          target.truncate(produced);
          const decoder = DeltaDecoder.restore(target.options, state);
          assert.equal(decoder.consumed, consumed);
          assert.equal(decoder.produced, produced);
          pushAll(decoder, patch, step);
          decoder.finish();
          assertSame(target.bytes(), to, `from byte ${consumed} in parts of ${step}`);
        }
      }
    });
  }

  it("every write of a chunk ends a call that can be saved", () => {
    const { from, to, patch } = pair("growth", "growth");
    let writes = 0;
    const target = new RebuiltImage(from, to.byteLength);
    const { write } = target.options;
    target.options.write = (bytes): void => {
      writes++;
      write(bytes);
    };
    const decoder = new DeltaDecoder(target.options);
    while (decoder.consumed < patch.byteLength) {
      const before = writes;
      decoder.push(patch.subarray(decoder.consumed));
      assert.ok(writes - before <= 1);
      assert.equal(decoder.savable, decoder.produced > 0 && writes > before);
    }
  });

  it("a saved state fits into one value of the store: 44 bytes and the window", () => {
    const { from, to, patch } = pair("many-edits");
    for (const { state, produced } of savedStates(from, patch, to.byteLength, 1000))
      assert.equal(state.byteLength, produced === 0 ? stateSize : stateSize + 256);
  });

  it("between two chunks nothing can be saved", () => {
    const { from, to, patch } = pair("many-edits");
    const decoder = new DeltaDecoder(new RebuiltImage(from, to.byteLength).options);
    decoder.push(patch.subarray(0, 40));
    assert.equal(decoder.savable, false);
    assert.throws(
      () => decoder.save(),
      (error) => error instanceof Fault && error.code === "delta-not-savable",
    );
  });

  it("a state with any bit flipped is refused, or decodes within all bounds", () => {
    const { from, to, patch } = pair("many-edits");
    const { state } = savedStates(from, patch, to.byteLength, 1000).find(({ produced }) => produced === 4096)!;
    let refused = 0;
    for (let bit = 0; bit < state.byteLength * 8; bit += bit < stateSize * 8 ? 1 : 37) {
      const damaged = state.slice();
      damaged[bit >> 3] ^= 128 >> (bit & 7);
      const target = new RebuiltImage(from, to.byteLength);
      try {
        const decoder = DeltaDecoder.restore(target.options, damaged);
        target.length = decoder.produced;
        pushAll(decoder, patch, patch.byteLength);
        decoder.finish();
      } catch (error) {
        if (!(error instanceof Fault) || error.stage !== "image") throw error;
        if (error.code === "delta-state-invalid") refused++;
      }
    }
    assert.ok(refused > 100, `${refused} refused`);
  });

  it("a state with any one number out of its range is refused", () => {
    const { from, to, patch } = pair("many-edits");
    const { state } = savedStates(from, patch, to.byteLength, 1000).find(({ produced }) => produced === 4096)!;
    const { options } = new RebuiltImage(from, to.byteLength);
    const edited = (edit: (view: DataView) => void): Uint8Array => {
      const copy = state.slice();
      const view = new DataView(copy.buffer);
      view.setUint8(1, DeltaPhase.adjustment);
      view.setUint32(20, 0, true);
      edit(view);
      return copy;
    };
    DeltaDecoder.restore(
      options,
      edited(() => {}),
    );
    const edits: [string, (view: DataView) => void][] = [
      ["format", (view) => view.setUint8(0, 2)],
      ["phase", (view) => view.setUint8(1, 10)],
      ["an end before the image is complete", (view) => view.setUint8(1, DeltaPhase.end)],
      ["no window for its phase", (view) => view.setUint8(1, DeltaPhase.parameters)],
      ["parameters", (view) => view.setUint8(2, 0x90)],
      ["lookahead", (view) => view.setUint8(2, 0x45)],
      ["bytes of a size", (view) => view.setUint8(3, 5)],
      ["image size", (view) => view.setUint32(4, to.byteLength + 1, true)],
      ["produced beyond the image", (view) => view.setUint32(8, 8192, true)],
      ["produced inside a chunk", (view) => view.setUint32(8, 4112, true)],
      ["source position", (view) => view.setUint32(16, from.byteLength + 1, true)],
      ["a piece outside its phase", (view) => view.setUint32(20, 1, true)],
      ["bits", (view) => view.setUint32(24, 2 ** 23, true)],
      ["a size below zero", (view) => view.setFloat64(28, -1, true)],
      ["a size of a fraction", (view) => view.setFloat64(28, 0.5, true)],
      ["no size at all", (view) => view.setFloat64(28, Number.NaN, true)],
      ["number of bits", (view) => view.setUint8(37, 24)],
      ["distance", (view) => view.setUint16(38, 257, true)],
      ["a copy from nowhere", (view) => view.setUint32(38, 0x00010000, true)],
      ["length of a copy", (view) => view.setUint16(40, 129, true)],
      ["unread", (view) => view.setUint16(42, 257, true)],
    ];
    for (const [name, edit] of edits) {
      let code = "restored";
      try {
        DeltaDecoder.restore(options, edited(edit));
      } catch (error) {
        code = (error as Fault).code;
      }
      assert.equal(code, "delta-state-invalid", name);
    }
  });

  it("a state for another slot or source size is refused", () => {
    const { from, to, patch } = pair("many-edits");
    const { state } = savedStates(from, patch, to.byteLength, 1000).find(({ produced }) => produced === 4096)!;
    for (const options of [
      new RebuiltImage(from, to.byteLength - 1).options,
      new RebuiltImage(from.subarray(0, 4096), to.byteLength).options,
    ])
      assert.throws(
        () => DeltaDecoder.restore(options, state),
        (error) => error instanceof Fault && error.code === "delta-state-invalid",
      );
    assert.throws(
      () =>
        DeltaDecoder.restore(new RebuiltImage(from, to.byteLength).options, state.subarray(0, state.byteLength - 1)),
      (error) => error instanceof Fault && error.code === "delta-state-invalid",
    );
    assert.throws(
      () => DeltaDecoder.restore(new RebuiltImage(from, to.byteLength).options, new Uint8Array(0)),
      (error) => error instanceof Fault && error.code === "delta-state-invalid",
    );
  });
});
