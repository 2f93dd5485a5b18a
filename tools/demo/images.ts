/*
 * The two images of a demonstration: what the device has, and what it gets. Either both are made up, or the newer one is
 * a real file and only the older one is made to fit it (same chip, same product, a lower version).
 */

import { readFileSync } from "node:fs";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { defaultChipId } from "../../hosts/node/node-platform.js";
import { parseImageHead } from "../../modules/ota/image.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import { chipOf } from "../../src/firmware/chip.js";
import { normaliseVersion } from "../../src/firmware/version.js";
import { stampImage } from "../stamp/stamp-image.js";

export interface DemoImages {
  product: string;
  platform: string;
  before: Uint8Array;
  beforeVersion: string;
  after: Uint8Array;
  afterVersion: string;
  /** A patch from `before` to `after`, where one was recorded. */
  patch?: Uint8Array;
  /** What had to be done to a real file to make it usable, for people. */
  notes: string[];
}

const beforeVersion = "1.0.0";
/** A little more than the older one: a release adds code. What a Moddable application with TLS takes. */
const madeSize = 1_392_640;

function made(): DemoImages {
  const common = { chipId: defaultChipId, projectName: "demo" };
  return {
    product: "demo",
    platform: chipOf(defaultChipId).platform,
    before: buildImage({ ...common, version: beforeVersion, seed: 1 }, nodeCrypto),
    beforeVersion,
    after: buildImage({ ...common, version: "1.1.0", seed: 1, size: madeSize }, nodeCrypto),
    afterVersion: "1.1.0",
    notes: [],
  };
}

/** A version that sorts above the made-up older image, or a stamped one where the file's own is unusable. */
function usable(
  image: Uint8Array,
  product: string,
  written: string,
): { image: Uint8Array; version: string; notes: string[] } {
  const version = normaliseVersion(written);
  if (version !== undefined) return { image, version, notes: [] };
  const notes = [
    `its version "${written}" is not SemVer, which NervesHub refuses: stamped as 1.1.0 for this demonstration`,
  ];
  const verifier = new ImageVerifier(nodeCrypto, image.byteLength);
  verifier.update(image);
  const { imageSize, trailer } = verifier.finish(image.byteLength);
  if (trailer !== "none") notes.push("its signature would not survive that and was left off");
  const bare = image.subarray(0, imageSize);
  return { image: stampImage(bare, { product, version: "1.1.0" }, nodeCrypto), version: "1.1.0", notes };
}

function real(path: string): DemoImages {
  const file = new Uint8Array(readFileSync(path));
  const { chipId, description } = parseImageHead(file);
  const product = description.projectName;
  const { image, version, notes } = usable(file, product, description.version);
  const older = "0.0.1";
  return {
    product,
    platform: chipOf(chipId).platform,
    before: buildImage({ chipId, projectName: product, version: older, seed: 1 }, nodeCrypto),
    beforeVersion: older,
    after: image,
    afterVersion: version,
    notes,
  };
}

/** The pair of images and the patch between them that a real NervesHub made (test/fixtures/transcripts). */
export function recordedImages(): DemoImages {
  const read = (name: string): Uint8Array =>
    new Uint8Array(readFileSync(new URL(`../../../test/fixtures/transcripts/fixtures/${name}`, import.meta.url)));
  const before = read("app-1.0.0.bin");
  const { chipId, description } = parseImageHead(before);
  return {
    product: description.projectName,
    platform: chipOf(chipId).platform,
    before,
    beforeVersion,
    after: read("app-1.1.0.bin"),
    afterVersion: "1.1.0",
    patch: read("delta-1.0.0-1.1.0.patch"),
    notes: ["detools is not installed, so this is a pair of small images with a patch that a real NervesHub made"],
  };
}

/** @param path of a real image, or undefined for two made-up ones; throws a Fault when it is no image */
export function demoImages(path: string | undefined): DemoImages {
  return path === undefined ? made() : real(path);
}
