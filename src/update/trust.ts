/*
 * Trust: the only place that decides whether an image is meant for this device.
 *
 * It checks the head of an image, before the old image is erased. The integrity of an image (structure, checksum byte, appended
 * SHA-256, the server's checksum) is always verified later: in flash (src/update/slot-check.ts), or while the bytes pass to
 * the SDK's `ota` (src/features/ota-writer).
 */

import { Fault } from "../../modules/fault/fault.js";
import type { ImageHead } from "../../modules/ota/image.js";
import { chipOf } from "../firmware/chip.js";
import { type FirmwareMetadata, firmwareMetadata } from "../firmware/firmware-metadata.js";
import type { Offer } from "./offer.js";

export interface TrustOptions {
  /** ESP-IDF chip id of this device. */
  chipId: number;
  /** Its revision, major × 100 + minor; undefined where it cannot be asked. */
  chipRevision?: number;
  /** Metadata of the running image; undefined when the application states its firmware itself. */
  running: FirmwareMetadata | undefined;
}

const revisionText = (revision: number): string => `v${Math.floor(revision / 100)}.${revision % 100}`;

export class Trust {
  private readonly _options: TrustOptions;

  constructor(options: TrustOptions) {
    this._options = options;
  }

  /**
   * @param head head of the image that would replace the old one
   * @throws Fault of stage "image": "wrong-chip", "wrong-revision", "wrong-product", "wrong-uuid"
   */
  checkHead(head: ImageHead, offer: Pick<Offer, "uuid">): void {
    const { chipId, running } = this._options;
    if (head.chipId !== chipId) {
      const text = `The image is for ${chipOf(head.chipId).platform} and this device is a ${chipOf(chipId).platform}; check the deployment group's firmware.`;
      throw new Fault("image", "wrong-chip", text);
    }
    this._checkRevision(head);
    // Where the application states its firmware itself, the server's metadata do not come from the image.
    if (running === undefined) return;
    const { product, uuid } = firmwareMetadata(head);
    if (product !== running.product) {
      const text = `The image is of product "${product}" and this device runs "${running.product}"; upload it to its own product.`;
      throw new Fault("image", "wrong-product", text);
    }
    if (uuid !== offer.uuid) {
      const text = `The file holds firmware ${uuid} where the server announced ${offer.uuid}; upload the firmware again.`;
      throw new Fault("image", "wrong-uuid", text);
    }
  }

  /** As bootloader_common_check_chip_validity of ESP-IDF, which refuses the image at its end otherwise: 0 and 65535 mean "any". */
  private _checkRevision({ minChipRevision, maxChipRevision }: ImageHead): void {
    const { chipRevision } = this._options;
    if (chipRevision === undefined) return;
    const isSet = (revision: number): boolean => revision !== 0 && revision !== 0xffff;
    const tooOld = isSet(minChipRevision) && chipRevision < minChipRevision;
    if (!tooOld && !(isSet(maxChipRevision) && chipRevision > maxChipRevision)) return;
    const words = tooOld ? `from ${revisionText(minChipRevision)} on` : `up to ${revisionText(maxChipRevision)}`;
    const text = `The image is for chips of revision ${words}, and this one is ${revisionText(chipRevision)}; build it for both.`;
    throw new Fault("image", "wrong-revision", text);
  }
}
