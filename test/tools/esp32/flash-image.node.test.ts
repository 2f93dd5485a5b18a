/*
 * Issue 12, item 8: what an image leaves of its slot. Building one needs an ESP-IDF (`npm run check:esp32`).
 */

import { fitting } from "../../../tools/esp32/flash-image.js";
import { assert, describe, it } from "../../support/harness.js";

const slots = [
  { name: "ota_0", size: 2000 },
  { name: "ota_1", size: 1000 },
];

describe("8: an image and its slot", () => {
  it("says what is left of the smallest slot", () => {
    const { line, faults } = fitting(900, slots);
    assert.match(line, /900 bytes; .* ota_1, 100 are left \(10\.0 %\)/);
    assert.deepEqual(faults, []);
  });

  it("fails where the image is larger than it, by one byte too", () => {
    assert.deepEqual(fitting(1000, slots).faults, []);
    assert.match(fitting(1001, slots).faults.join(), /1 bytes larger than ota_1/);
  });

  it("fails without a slot", () => {
    assert.equal(fitting(1, []).faults.length, 1);
  });
});
