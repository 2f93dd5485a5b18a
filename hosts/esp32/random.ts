/*
 * Random of an ESP32: the hardware generator. See nh-random.c for when it is truly random.
 */

import type { Random } from "../../modules/platform/random.js";

const randomFill = native("nh_random_fill") as (into: Uint8Array) => void;

export class HardwareRandom implements Random {
  fill(into: Uint8Array): void {
    randomFill(into);
  }
}
