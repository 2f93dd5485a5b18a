/*
 * The two images of a demonstration: what the device has, and what it gets. Either both are made up, or the newer one is
 * a real file and only the older one is made to fit it (same chip, same product, a lower version).
 */

import { readFileSync } from "node:fs";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { defaultChipId } from "../../hosts/node/node-platform.js";
import type { AppDescription } from "../../modules/ota/app-description.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import { chipOf } from "../../src/firmware/chip.js";
import { normaliseVersion } from "../../src/firmware/version.js";
import { stampImage } from "../stamp/stamp-image.js";
import { headOf } from "../stamp/wrong-file.js";

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

/** The name of a product for an image that has none. */
const nameless = "demo";

/** @returns the image as it is, or stamped where NervesHub would refuse it: without a product's name, or a version as SemVer */
function usable(image: Uint8Array, { projectName, version: written }: AppDescription): Usable {
  const version = normaliseVersion(written);
  if (version !== undefined && projectName !== "") return { image, product: projectName, version, notes: [] };
  const stamp = { product: projectName === "" ? nameless : projectName, version: version ?? "1.1.0" };
  const notes: string[] = [];
  if (projectName === "") notes.push(`it has no product name, which NervesHub files it by: stamped as "${nameless}"`);
  if (version === undefined)
    notes.push(`its version "${written}" is not SemVer, which NervesHub refuses: stamped as ${stamp.version}`);
  const verifier = new ImageVerifier(nodeCrypto, image.byteLength);
  verifier.update(image);
  const { imageSize, trailer } = verifier.finish(image.byteLength);
  if (trailer !== "none" && trailer !== "padding") notes.push("its signature would not survive that and was left off");
  return { image: stampImage(image.subarray(0, imageSize), stamp, nodeCrypto), ...stamp, notes };
}

interface Usable {
  readonly image: Uint8Array;
  readonly product: string;
  readonly version: string;
  readonly notes: string[];
}

function real(path: string): DemoImages {
  const file = new Uint8Array(readFileSync(path));
  const { chipId, description } = headOf(file);
  const { image, product, version, notes } = usable(file, description);
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

/**
 * The made-up pair, with the patch between them that detools 0.53.0 made with NervesHub's parameters
 * (`detools create_patch --compression heatshrink --patch-type sequential --algorithm bsdiff`).
 */
export function recordedImages(): DemoImages {
  const images = made();
  const patch = new Uint8Array(readFileSync(new URL("../../../tools/demo/delta-1.0.0-1.1.0.patch", import.meta.url)));
  return {
    ...images,
    patch,
    notes: ["detools is not installed: the patch between these two images was made by it before"],
  };
}

/** @param path of a real image, or undefined for two made-up ones; throws a Fault when it is no image */
export function demoImages(path: string | undefined): DemoImages {
  return path === undefined ? made() : real(path);
}
