/*
 * What the hub's command line has besides the hub: a folder to make images in, devices that it starts, and how much of the
 * timeline it shows.
 */

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { defaultChipId } from "../../hosts/node/node-platform.js";
import { asFault } from "../../modules/fault/fault.js";
import { isSemVer } from "../../src/firmware/version.js";
import type { Bench, Watch } from "./commands.js";
import { type DeskDevices, maxDeskDevices } from "./desk-devices.js";
import { Refusal } from "./operator.js";

export class CommandBench implements Bench {
  watch: Watch;
  readonly #product: string;
  readonly #firmwareDir: string;
  readonly #devices: DeskDevices;

  constructor(product: string, firmwareDir: string, devices: DeskDevices, watch: Watch) {
    this.#product = product;
    this.#firmwareDir = firmwareDir;
    this.#devices = devices;
    this.watch = watch;
  }

  make(version: string): string {
    if (!isSemVer(version)) throw new Refusal(`"${version}" is no version as NervesHub takes it, such as 1.1.0`);
    const name = `${this.#product}-${version}.bin`.replace(/[^\w.+-]/g, "_");
    const path = join(this.#firmwareDir, name);
    try {
      // One seed: two versions differ little, as two builds do, and a delta between them is small.
      const image = buildImage({ chipId: defaultChipId, projectName: this.#product, version, seed: 1 }, nodeCrypto);
      writeFileSync(`${path}.part`, image);
      renameSync(`${path}.part`, path);
    } catch (error) {
      throw new Refusal(asFault(error, "image", "not-made").message);
    }
    return `${name} is in the folder of images; devices on Node are offered it in a second or two`;
  }

  startDevices(count: number): string {
    if (count > maxDeskDevices)
      throw new Refusal(`at most ${maxDeskDevices} devices are started here: each is a process`);
    const started = this.#devices.start(count);
    return started.length === 0 ? "they run already" : `${started.join(", ")} started; they end with the hub`;
  }
}
