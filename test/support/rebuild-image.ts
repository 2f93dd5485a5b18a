/*
 * Runs a DeltaDecoder to its end for the suites of deltas, and checks on the way what must hold for any patch at all: the
 * source is read inside its size, writes are whole chunks until the last, no call takes more than a bounded step.
 */

import { chunkSize } from "../../modules/delta/chunk.js";
import { DeltaDecoder, type DeltaOptions } from "../../modules/delta/decoder.js";
import { assert, fixture } from "./harness.js";

export interface Pair {
  name: string;
  from: Uint8Array;
  to: Uint8Array;
  patch: Uint8Array;
}

/** A pair of test/fixtures/delta; `from` is the file's name where it is not the common one. */
export function pair(name: string, from = "base"): Pair {
  const file = (part: string): Uint8Array => fixture(`delta/${part}`);
  return { name, from: file(`${from}.from`), to: file(`${name}.to`), patch: file(`${name}.patch`) };
}

/** Collects what a decoder writes, and restores it after a cut. */
export class RebuiltImage {
  readonly options: DeltaOptions;
  readonly #parts: Uint8Array[] = [];
  length = 0;

  constructor(from: Uint8Array, maxToSize: number) {
    const target = this;
    this.options = {
      source: {
        size: from.byteLength,
        read(offset, into): void {
          assert.ok(
            into.byteLength > 0 && offset >= 0 && offset + into.byteLength <= from.byteLength,
            `read ${offset}`,
          );
          into.set(from.subarray(offset, offset + into.byteLength));
        },
      },
      maxToSize,
      write(bytes): void {
        assert.ok(target.length % chunkSize === 0, "only the last write is shorter than a chunk");
        assert.ok(
          bytes.byteLength > 0 && bytes.byteLength <= chunkSize && target.length + bytes.byteLength <= maxToSize,
        );
        target.#parts.push(bytes.slice());
        target.length += bytes.byteLength;
      },
    };
  }

  /** Drops what was written after `length`, as erasing flash does. */
  truncate(length: number): void {
    while (this.length > length) this.length -= this.#parts.pop()!.byteLength;
    assert.equal(this.length, length, "a state belongs to the end of a chunk");
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.#parts) {
      all.set(part, offset);
      offset += part.byteLength;
    }
    return all;
  }
}

/** Pushes `patch` from the decoder's position to its end in parts of `step` bytes. */
export function pushAll(decoder: DeltaDecoder, patch: Uint8Array, step: number, budget?: number): void {
  let calls = 0;
  while (decoder.consumed < patch.byteLength) {
    const before = decoder.consumed;
    const taken = decoder.push(patch.subarray(before, before + step), budget);
    assert.equal(decoder.consumed, before + taken);
    // A byte of a patch holds at most 4096 bytes of output (12 bits a window, 11 a count) before it is taken.
    assert.ok(++calls < 100 + patch.byteLength * (budget === undefined ? 4 : 4096), "every call makes progress");
  }
}

export function rebuild(
  from: Uint8Array,
  patch: Uint8Array,
  step: number,
  maxToSize: number,
  budget?: number,
): Uint8Array {
  const target = new RebuiltImage(from, maxToSize);
  const decoder = new DeltaDecoder(target.options);
  pushAll(decoder, patch, step, budget);
  decoder.finish();
  assert.ok(decoder.finished);
  assert.equal(decoder.produced, target.length);
  assert.equal(decoder.toSize, target.length);
  return target.bytes();
}

/** Compares without naming every byte in the failure. */
export function assertSame(actual: Uint8Array, expected: Uint8Array, message: string): void {
  assert.equal(actual.byteLength, expected.byteLength, message);
  for (let i = 0; i < actual.byteLength; i++)
    if (actual[i] !== expected[i]) assert.fail(`${message}: byte ${i} is ${actual[i]}, not ${expected[i]}`);
}
