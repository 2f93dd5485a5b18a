/* Patches made by detools and by a NervesHub are applied to the byte, however they arrive. */

import { DeltaDecoder } from "../../../modules/delta/decoder.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, fixture, it } from "../../support/harness.js";
import { assertSame, type Pair, pair, RebuiltImage, rebuild } from "../../support/rebuild-image.js";

const commonBase = [
  "equal",
  "one-byte-changed",
  "insertion",
  "deletion",
  "reordered",
  "shrinkage",
  "many-edits",
  "whole-chunks",
  "large-differences",
];
const ownBase = ["growth", "one-byte", "from-empty", "to-empty", "small", "random-1", "random-2", "random-3"];
const windows = ["4-3", "5-4", "7-3", "8-3", "9-8", "10-5", "11-7", "12-11"];

function pairs(): Pair[] {
  return [
    ...commonBase.map((name) => pair(name)),
    ...ownBase.map((name) => pair(name, name)),
    ...windows.map((name) => pair(`window-${name}`)),
    {
      name: "recorded from NervesHub",
      from: fixture("transcripts/fixtures/app-1.0.0.bin"),
      to: fixture("transcripts/fixtures/app-1.1.0.bin"),
      patch: fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch"),
    },
  ];
}

describe("ota/delta: rebuilding", () => {
  for (const { name, from, to, patch } of pairs()) {
    it(`${name}: every byte is rebuilt, from the whole patch, in odd parts, and byte by byte`, () => {
      for (const step of [patch.byteLength, 1, 7, 61])
        assertSame(rebuild(from, patch, step, to.byteLength), to, `in parts of ${step}`);
    });
  }

  it("any budget of work gives the same bytes", () => {
    for (const { name, from, to, patch } of [pair("many-edits"), pair("reordered"), pair("growth", "growth")])
      for (const budget of [1, 5, 100, 4095, 100000])
        assertSame(rebuild(from, patch, patch.byteLength, to.byteLength, budget), to, `${name}, budget ${budget}`);
  });

  it("the image's size is known from the first seven bytes, before anything is written", () => {
    for (const { from, to, patch } of [pair("equal"), pair("one-byte", "one-byte")]) {
      const target = new RebuiltImage(from, to.byteLength);
      const decoder = new DeltaDecoder(target.options);
      assert.equal(decoder.toSize, undefined);
      decoder.push(patch.subarray(0, 7), 7);
      assert.equal(decoder.toSize, to.byteLength);
      assert.equal(target.length, 0);
    }
  });

  it("a fault of the flash passes through, and nothing more is read or written", () => {
    const { from, to, patch } = pair("equal");
    const { options } = new RebuiltImage(from, to.byteLength);
    const fault = new Fault("flash", "flash-write", "The flash does not take it.");
    options.write = () => {
      throw fault;
    };
    const decoder = new DeltaDecoder(options);
    for (let call = 0; call < 2; call++)
      assert.throws(
        () => decoder.push(patch),
        (error) => error === fault,
      );
    assert.equal(decoder.produced, 0);
    assert.equal(decoder.savable, false);
  });

  it("a source that goes on after its image, as a slot does, changes nothing", () => {
    const { from, to, patch } = pair("reordered");
    const slot = new Uint8Array(from.byteLength + 5000).fill(0xff);
    slot.set(from);
    assertSame(rebuild(slot, patch, 100, 65536), to, "slot");
  });

  it("another source gives other bytes, which only the caller's check of the image can find", () => {
    const { from, to, patch } = pair("equal");
    const other = from.slice();
    other[17] ^= 1;
    const rebuilt = rebuild(other, patch, 100, to.byteLength);
    assert.equal(rebuilt[17], to[17] ^ 1);
  });
});
