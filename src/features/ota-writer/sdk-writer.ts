/*
 * SdkWriter: the SequentialWriter on the Moddable SDK's module `ota`, which the SDK has for the ESP32.
 */

/// <reference path="../../../types/ota.d.ts" />

import FFI from "mc/ffi";
import OTA from "ota";
import { type OpenSlot, SequentialWriter } from "./sequential-writer.js";

export class SdkWriter extends SequentialWriter {
  protected override _open(): OpenSlot {
    return new OTA();
  }

  protected override _markValid(): number {
    return new FFI().esp_ota_mark_app_valid_cancel_rollback();
  }
}
