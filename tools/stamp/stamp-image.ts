/*
 * Stamping: product and version written into a built application image.
 *
 * Every Moddable build is called "xs_esp32", and NervesHub files an image by that name. The build cannot be told another
 * one, so it is set afterwards. Only the two texts, the checksum byte and the appended SHA-256 change. The uuid does not:
 * it is made of the ELF's hash, so one build stamped twice is one firmware to NervesHub.
 */

import { sealImage } from "../../hosts/flash-model/seal-image.js";
import { Fault } from "../../modules/fault/fault.js";
import { projectNameField, type TextField, versionField } from "../../modules/ota/app-description.js";
import { appDescriptionOffset } from "../../modules/ota/image.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { isPrintable } from "../../modules/text/printable.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { isSemVer, normaliseVersion } from "../../src/firmware/version.js";
import { headOf } from "./wrong-file.js";

export interface Stamp {
  /** The product's name in NervesHub, exactly. */
  product: string;
  /** SemVer. */
  version: string;
}

/** NUL included, so that ESP-IDF's own readers, which take it for a C string, stop at its end. */
function fieldBytes({ size }: TextField, what: string, text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  if (bytes.byteLength >= size) {
    throw new Fault(
      "image",
      "stamp-too-long",
      `The ${what} "${text}" has ${bytes.byteLength} bytes; an image has room for ${size - 1}.`,
    );
  }
  const field = new Uint8Array(size);
  field.set(bytes);
  return field;
}

function checkStamp({ product, version }: Stamp): void {
  if (!isSemVer(version)) {
    const repaired = normaliseVersion(version);
    const hint = repaired === undefined ? "such as 1.4.0" : `did you mean ${repaired}?`;
    throw new Fault("image", "stamp-version", `The version "${version}" is not SemVer; ${hint}`);
  }
  if (product === "" || product !== product.trim() || !isPrintable(product)) {
    throw new Fault(
      "image",
      "stamp-product",
      "The product's name must not be empty, begin or end with a blank, or hold control characters.",
    );
  }
}

/**
 * @param image the file as the build made it; not changed
 * @param stamp what to write
 * @param crypto for the appended SHA-256
 * @returns the stamped file, of the same size
 * @throws Fault "stamp-version", "stamp-product", "stamp-too-long", "image-signed", and those of an image that is damaged
 */
export function stampImage(image: Uint8Array, stamp: Stamp, crypto: Crypto): Uint8Array {
  checkStamp(stamp);
  const version = fieldBytes(versionField, "version", stamp.version);
  const product = fieldBytes(projectNameField, "product", stamp.product);
  headOf(image);
  const verifier = new ImageVerifier(crypto, image.byteLength);
  verifier.update(image);
  const { trailer } = verifier.finish(image.byteLength);
  if (trailer !== "none" && trailer !== "padding") {
    throw new Fault(
      "image",
      "image-signed",
      "The image is signed, and stamping would break the signature; stamp it before it is signed.",
    );
  }
  const stamped = image.slice();
  stamped.set(version, appDescriptionOffset + versionField.offset);
  stamped.set(product, appDescriptionOffset + projectNameField.offset);
  sealImage(stamped, crypto);
  return stamped;
}
