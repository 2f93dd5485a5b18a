/*
 * OtaWriter: updates through the Moddable SDK's own `ota` module, for an application that passes one as `writer`. Of an
 * ESP32. What it does and does not is in sequential-writer.ts.
 */

/// <reference path="../../../types/ota.d.ts" />

import FFI from "mc/ffi";
import OTA from "ota";
import { type OpenSlot, SequentialWriter } from "./sequential-writer.js";

export class OtaWriter extends SequentialWriter {
  protected override _open(): OpenSlot {
    return new OTA();
  }

  protected override _markValid(): number {
    return new FFI().esp_ota_mark_app_valid_cancel_rollback();
  }
}
