/*
 * The same figures on XS, by CPU time as well. It runs as a suite of the XS harness, by `npm run bench` where there is a
 * Moddable SDK.
 */

import { DeltaDecoder } from "../../modules/delta/decoder.js";
import { cpuMs, describe, fixture, it, report } from "../../test/support/harness.js";
import { image } from "../../test/support/update-scene.js";
import { updateCost } from "../update-cost.js";

/** What flash on an ESP32 would take at the least, on a desktop core. */
const deltaBudgetMsPerMb = 150;
const decodes = 5;

function decodeMs(): number {
  const source = image("1.0.0", 1, 294912);
  const patch = fixture("delta/update-1.0.0-1.1.0.patch");
  const start = cpuMs();
  let produced = 0;
  for (let run = 0; run < decodes; run++) {
    const decoder = new DeltaDecoder({
      source: { size: source.byteLength, read: (at, into) => into.set(source.subarray(at, at + into.byteLength)) },
      maxToSize: 1_000_000,
      write(bytes) {
        produced += bytes.byteLength;
      },
    });
    for (let at = 0; at < patch.byteLength; ) at += decoder.push(patch.subarray(at, at + 1024));
    decoder.finish();
  }
  return ((cpuMs() - start) * 1_000_000) / produced;
}

describe("bench", () => {
  it("update", async () => {
    for (const figure of await updateCost("XS", cpuMs)) report(JSON.stringify(figure));
  });

  it("delta", () => {
    const value = decodeMs();
    const figure = { name: "delta decoder, XS", value, unit: "ms/MB", reference: deltaBudgetMsPerMb };
    report(JSON.stringify({ ...figure, ratio: value / deltaBudgetMsPerMb }));
  });
});
