/*
 * What NervesHub would read from an image, and what would make it unusable there, as text for a person.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Trailer } from "../../modules/ota/image-trailer.js";
import { ImageVerifier, type VerifiedImage } from "../../modules/ota/image-verifier.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { printable } from "../../modules/text/printable.js";
import { chipOf } from "../../src/firmware/chip.js";
import { firmwareUuid } from "../../src/firmware/firmware-metadata.js";
import { normaliseVersion } from "../../src/firmware/version.js";
import { signatureProblem } from "./signature-block.js";
import { headOf } from "./wrong-file.js";

export interface ImageReport {
  /** Name and value, in the order to print. */
  fields: [string, string][];
  /** NervesHub refuses the image, or devices would, for each of these. */
  problems: string[];
  /** What does not stand in the way but should be known. */
  notes: string[];
}

/** The project name of every Moddable build. */
const moddableProject = "xs_esp32";

const trailerWords: Record<Trailer, string> = {
  none: "no",
  padding: "no",
  "signature-v1": "Secure Boot v1",
  "signature-v2-rsa": "Secure Boot v2, RSA",
  "signature-v2-ecdsa": "Secure Boot v2, ECDSA",
};

/**
 * @param image the whole file
 * @param crypto for the hashes
 * @throws Fault of stage "image" when it is none: there is nothing to show then
 */
export function reportImage(image: Uint8Array, crypto: Crypto): ImageReport {
  const head = headOf(image);
  const { description, chipId } = head;
  const { platform, architecture } = chipOf(chipId);
  const problems: string[] = [];
  const notes: string[] = [];

  let verified: VerifiedImage | undefined;
  try {
    const verifier = new ImageVerifier(crypto, image.byteLength);
    verifier.update(image);
    verified = verifier.finish(image.byteLength);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    problems.push(`${error.message} A device would not start it.`);
  }

  const version = normaliseVersion(description.version);
  if (version === undefined) {
    problems.push(`Its version "${description.version}" cannot be read as SemVer: the upload is refused.`);
  }
  if (description.projectName === "") {
    problems.push("It has no project name, and NervesHub files an image by it: the upload is refused.");
  } else if (description.projectName === moddableProject) {
    notes.push(`Its project name is the one of every Moddable build: stamp it, unless the product is "xs_esp32".`);
  }
  if (architecture === "unknown") notes.push(`NervesHub does not know chip ${chipId}; it calls it "${platform}".`);
  if (verified && !verified.hashAppended) notes.push("No SHA-256 is appended: one checksum byte guards it in flash.");
  if (verified) describeSignature(image, verified.trailer, crypto, problems, notes);

  const written = version === description.version ? "" : ` (written "${description.version}")`;
  return {
    fields: [
      ["product", description.projectName || "(none)"],
      ["version", version === undefined ? `(unusable: "${description.version}")` : version + written],
      ["uuid", firmwareUuid(description.elfSha256)],
      ["platform", `${platform} (chip ${chipId})`],
      ["architecture", architecture],
      ["ESP-IDF", description.idfVersion],
      ["built", `${description.date} ${description.time}`],
      ["secure version", String(description.secureVersion)],
      ["size", `${image.byteLength} bytes in ${head.segmentCount} segments`],
      ["intact", verified ? (verified.hashAppended ? "yes, checksum and SHA-256" : "yes, checksum") : "no"],
      ["signed", verified ? trailerWords[verified.trailer] : "unknown"],
    ],
    problems,
    notes,
  };
}

function describeSignature(
  image: Uint8Array,
  trailer: Trailer,
  crypto: Crypto,
  problems: string[],
  notes: string[],
): void {
  const unsigned = "NervesHub takes it only for a product that allows unsigned ESP-IDF images.";
  if (trailer === "padding")
    notes.push("Padding follows the image; it is downloaded and takes room in the slot as well.");
  if (trailer === "none" || trailer === "padding") notes.push(`It is not signed: ${unsigned}`);
  if (trailer === "signature-v1") notes.push(`A v1 signature counts as none: ${unsigned}`);
  if (trailer === "signature-v2-ecdsa") problems.push("It is signed with ECDSA; NervesHub takes RSA-3072 only.");
  if (trailer === "signature-v2-rsa") {
    const problem = signatureProblem(image, crypto);
    if (problem) problems.push(`NervesHub refuses it: ${problem}.`);
    else notes.push("The signature's key must be registered with the organisation.");
  }
}

/** The report as lines of text; what the file holds beside text is shown as escapes. */
export function reportLines({ fields, problems, notes }: ImageReport): string[] {
  const lines = fields.map(([name, value]) => `${name.padEnd(15)} ${value}`);
  for (const problem of problems) lines.push(`problem: ${problem}`);
  for (const note of notes) lines.push(`note: ${note}`);
  if (problems.length === 0) lines.push("NervesHub can use it.");
  return lines.map(printable);
}
