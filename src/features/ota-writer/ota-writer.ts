/*
 * OtaWriter: updates through the Moddable SDK's own `ota` module, for an application that passes one as `writer`. The module
 * "nerveshub/features/ota-writer" of an ESP32. Its imports go by full names, since modules are found by the name of the
 * importing module. What it does and does not is in sequential-writer.ts.
 */

import FFI from "mc/ffi";
import { type OpenSlot, SequentialWriter } from "nerveshub/src/features/ota-writer/sequential-writer";
import OTA from "ota";

export class OtaWriter extends SequentialWriter {
  protected override open(): OpenSlot {
    return new OTA();
  }

  protected override markValid(): number {
    return new FFI().esp_ota_mark_app_valid_cancel_rollback();
  }
}
