/*
 * Delta: updates that are patches against the running image (detools, as NervesHub makes them), passed as one of `formats`.
 */

import type { DecoderOptions, ImageDecoder, ImageFormat } from "../../update/image-format.js";
import { PatchApplier } from "./patch-applier.js";

export class Delta implements ImageFormat {
  readonly kind = "delta";

  decoder(options: DecoderOptions, saved?: Uint8Array): ImageDecoder {
    return new PatchApplier(options, saved);
  }
}
