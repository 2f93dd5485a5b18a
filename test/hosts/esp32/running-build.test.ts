import { runningTimeBounds } from "../../../hosts/esp32/running-build.js";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { dateField, timeField } from "../../../modules/ota/app-description.js";
import { maxClockAheadOfBuildMs } from "../../../modules/ota/build-time.js";
import { appDescriptionOffset } from "../../../modules/ota/image.js";
import { earliestPlausibleMs } from "../../../modules/platform/clock.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

/** A slot that holds `image`. */
function slotOf(image: Uint8Array) {
  return {
    label: "ota_0",
    size: image.byteLength,
    read: (offset: number, into: Uint8Array) => into.set(image.subarray(offset, offset + into.byteLength)),
  };
}

function imageOf(date: string): Uint8Array {
  const image = buildImage({ projectName: "clock", version: "1.0.0", size: 4096 }, crypto);
  const write = (offset: number, size: number, text: string): void => {
    image.fill(0, appDescriptionOffset + offset, appDescriptionOffset + offset + size);
    image.set(encodeUtf8(text), appDescriptionOffset + offset);
  };
  write(dateField.offset, dateField.size, date);
  write(timeField.offset, timeField.size, "00:00:00");
  return image;
}

describe("item 12: bounds of the time, by what runs", () => {
  it("begin with the build of the running image, and end 20 years after it", () => {
    const builtMs = Date.UTC(2037, 0, 2) - 86_400_000;
    const bounds = runningTimeBounds(slotOf(imageOf("Jan  2 2037")));
    assert.deepEqual(bounds, { earliestMs: builtMs, latestMs: builtMs + maxClockAheadOfBuildMs });
  });

  it("begin with this code where the image says nothing or cannot be read", () => {
    const broken = { label: "ota_0", size: 4096, read: () => assert.fail("flash") };
    for (const slot of [slotOf(imageOf("?")), slotOf(new Uint8Array(4096)), broken])
      assert.equal(runningTimeBounds(slot).earliestMs, earliestPlausibleMs);
  });
});
