/*
 * OtaWriter: updates through the Moddable SDK's own `ota` module, for an application that passes one as `target`. Of an
 * ESP32. What it does and does not is in sequential-writer.ts.
 */

import { WriterTarget } from "../firmware-writer/writer-target.js";
import { SdkWriter } from "./sdk-writer.js";

export class OtaWriter extends WriterTarget {
  constructor() {
    super(new SdkWriter());
  }
}
