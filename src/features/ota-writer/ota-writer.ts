/*
 * OtaWriter: an UpdateTarget that writes through the Moddable SDK's own module `ota`, on an ESP32 only. An application passes it
 * as `target`. sequential-writer.ts says what it can and cannot do.
 */

import { WriterTarget } from "../firmware-writer/writer-target.js";
import { SdkWriter } from "./sdk-writer.js";

export class OtaWriter extends WriterTarget {
  constructor() {
    super(new SdkWriter());
  }
}
