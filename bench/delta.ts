/*
 * Figures of the delta decoder on Node: MB of rebuilt image a second of CPU time, beside detools' own `apply_patch` (its
 * heatshrink is C) in the same run, and the share of bytes that a delta saves. Where detools cannot be had, only the
 * patch recorded from a NervesHub is measured, and standard error says so.
 *
 * One JSON object a line; `ratio` is value / reference, above 1 where this decoder is the faster one.
 */

import { readFileSync } from "node:fs";
import { DeltaDecoder } from "../modules/delta/decoder.js";
import { findDetools } from "../test/interop/detools.js";
import { firmware, nextRelease, randomBytes, seededRandom } from "../test/interop/firmware-pairs.js";

interface Pair {
  name: string;
  from: Uint8Array;
  to: Uint8Array;
}

function pairs(): Pair[] {
  const random = seededRandom(3);
  const from = firmware(1_363_968, random);
  const version = from.slice();
  version.set(randomBytes(16, random), 48);
  return [
    { name: "version string", from, to: version },
    { name: "small change", from, to: nextRelease(from, 2, 50, random) },
    { name: "release", from, to: nextRelease(from, 12, 900, random) },
    { name: "unrelated image", from, to: firmware(1_363_968, random) },
  ];
}

function decode(from: Uint8Array, patch: Uint8Array, toSize: number): number {
  let produced = 0;
  const decoder = new DeltaDecoder({
    source: {
      size: from.byteLength,
      read: (offset, into) => into.set(from.subarray(offset, offset + into.byteLength)),
    },
    maxToSize: toSize,
    write(bytes): void {
      produced += bytes.byteLength;
    },
  });
  while (decoder.consumed < patch.byteLength) decoder.push(patch.subarray(decoder.consumed, decoder.consumed + 1024));
  decoder.finish();
  return produced;
}

/** CPU milliseconds, the best of `runs`. */
function bestMs(runs: number, body: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

function emit(name: string, value: number, unit: string, reference: number | null): void {
  const round = (figure: number): number => Number(figure.toPrecision(4));
  const ratio = reference === null ? null : round(value / reference);
  console.log(
    JSON.stringify({ name, value: round(value), unit, reference: reference === null ? null : round(reference), ratio }),
  );
}

const recorded = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/transcripts/fixtures/${name}`, import.meta.url)));

const from = recorded("app-1.0.0.bin");
const patch = recorded("delta-1.0.0-1.1.0.patch");
const size = recorded("app-1.1.0.bin").byteLength;
const ms = bestMs(5, () => {
  for (let i = 0; i < 100; i++) decode(from, patch, size);
});
emit("delta decode, recorded from NervesHub", (100 * size) / 1e6 / (ms / 1000), "MB/s", null);
emit("delta saves, recorded from NervesHub", 100 * (1 - patch.byteLength / size), "% of the image", null);

const detools = findDetools();
if (detools !== undefined) {
  for (const { name, from, to } of pairs()) {
    const patch = detools.createPatch(from, to);
    const megabytes = to.byteLength / 1e6;
    const own = bestMs(7, () => decode(from, patch, to.byteLength));
    const reference = detools.applyMs(from, patch, to);
    emit(
      `delta decode, ${name} (reference: detools apply_patch)`,
      megabytes / (own / 1000),
      "MB/s",
      megabytes / (reference / 1000),
    );
    emit(`delta saves, ${name}`, 100 * (1 - patch.byteLength / to.byteLength), "% of the image", null);
  }
  detools.close();
}
