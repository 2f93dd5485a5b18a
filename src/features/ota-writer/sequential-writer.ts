/*
 * SequentialWriter: an image into the inactive slot front to back, through a module like the SDK's `ota`, which opens the slot
 * when it is constructed and takes bytes in order.
 *
 * It is no SlotTarget: such a module knows no offset and reads nothing back. So there is no resuming after a restart, no
 * repair of one part and no delta, and what lies in flash is looked at by esp_ota_end alone.
 *
 * The rules it guards: the slot is opened only for an image whose head was taken; one whose bytes were not right as they
 * passed never starts; and before another image can start, the boot loader's data name the running one as the way back. What
 * comes after the restart is the same as for every image in a slot: see src/update/trial.ts.
 */

import { asFault, Fault } from "../../../modules/fault/fault.js";
import { fileKind } from "../../../modules/ota/file-kind.js";
import { imageHeadSize, parseImageHead } from "../../../modules/ota/image.js";
import { ImageVerifier } from "../../../modules/ota/image-verifier.js";
import type { Update } from "../../client.js";
import { freeSlot, requireRoom } from "../../update/free-slot.js";
import type { FirmwareWriter, ImageContext } from "../firmware-writer/firmware-writer.js";

/** The SDK's OTA object (build/devices/esp32/modules/ota), once open. Each throws an Error that holds no esp_err_t. */
export interface OpenSlot {
  /** Erases ahead of itself, by sectors of 4 KB. */
  write(bytes: Uint8Array): void;
  /** esp_ota_end without a look at its result: nothing is activated. Safe to repeat, also after `complete` has failed. */
  cancel(): void;
  /** esp_ota_end, which verifies the image as it lies in flash, and esp_ota_set_boot_partition, which does so once more. */
  complete(): void;
}

/** What is under way, from `begin` on. */
interface Writing extends ImageContext {
  readonly update: Update;
  readonly verifier: ImageVerifier;
  /** Waits for the rest of the head. */
  readonly head: Uint8Array;
  held: number;
  slot: OpenSlot | undefined;
  /**
   * What was wrong with the bytes. Kept for `finish`: if they were damaged on their way, the server's checksum says so first,
   * and the download is made once more.
   */
  damage: Fault | undefined;
}

export abstract class SequentialWriter implements FirmwareWriter {
  readonly writesSlots = true;
  private _writing: Writing | undefined;

  /** Opens the inactive slot at its start. */
  protected abstract _open(): OpenSlot;

  /** esp_ota_mark_app_valid_cancel_rollback. @returns its esp_err_t */
  protected abstract _markValid(): number;

  /** @throws Fault "no-inactive-slot", "trial-running", "image-too-large" */
  begin(size: number | undefined, update: Update, context: ImageContext): void {
    // A link that was closed in the middle has left one open.
    this.abort();
    const slot = freeSlot(context.slots);
    if (size !== undefined) requireRoom(slot, size);
    this._writing = {
      ...context,
      update,
      verifier: new ImageVerifier(context.crypto, size ?? slot.size),
      head: new Uint8Array(imageHeadSize),
      held: 0,
      slot: undefined,
      damage: undefined,
    };
  }

  /** @throws Fault of stage "image" for an image that is not taken; "delta-unsupported", "flash-failed" */
  write(chunk: Uint8Array): void {
    const writing = this._writing!;
    if (writing.slot === undefined) {
      const count = hold(writing, chunk);
      if (writing.held < writing.head.byteLength) return;
      this._admit(writing);
      chunk = chunk.subarray(count);
    }
    pass(writing, chunk);
  }

  /** @throws Fault of stage "image" when the bytes were not those of a whole image; "flash-failed" */
  finish(): void {
    const writing = this._writing!;
    const { verifier, slots } = writing;
    const slot = writing.slot ?? this._admit(writing);
    if (writing.damage !== undefined) throw writing.damage;
    verifier.finish(verifier.received);
    slots.anchor();
    ota("activate the image", () => slot.complete());
    this._writing = undefined;
  }

  abort(): void {
    const slot = this._writing?.slot;
    this._writing = undefined;
    slot?.cancel();
  }

  /**
   * The trial has confirmed the image through the host's slots by now, which have looked first whether it is the one that
   * starts next: ESP-IDF marks that, whatever runs. Marked once more it stays as it is.
   *
   * @throws Fault "confirm-failed"
   */
  confirm(): void {
    const result = this._markValid();
    if (result === 0) return;
    throw new Fault("trial", "confirm-failed", `Could not confirm the image: esp_err_t 0x${result.toString(16)}.`);
  }

  /** The head is there, or all that ever comes of it. */
  private _admit(writing: Writing): OpenSlot {
    const { head, held, trust, update } = writing;
    const bytes = head.subarray(0, held);
    trust.checkHead(parseImageHead(bytes), update);
    const slot = ota("open the inactive slot", () => this._open());
    writing.slot = slot;
    pass(writing, bytes);
    return slot;
  }
}

/** Takes what the head lacks. @returns how many bytes of `chunk` that was */
const hold = (writing: Writing, chunk: Uint8Array): number => {
  const { head, held } = writing;
  if (held === 0 && chunk.byteLength > 0 && fileKind(chunk[0]) === "delta") {
    const text =
      "The file is a delta, which this device's writer cannot apply; switch deltas off for its product, or leave the writer out.";
    throw new Fault("image", "delta-unsupported", text);
  }
  const count = Math.min(head.byteLength - held, chunk.byteLength);
  head.set(chunk.subarray(0, count), held);
  writing.held += count;
  return count;
};

/** Bytes are looked at before they reach flash; behind damage there is nothing worth an erase. */
const pass = (writing: Writing, bytes: Uint8Array): void => {
  if (writing.damage !== undefined || bytes.byteLength === 0) return;
  try {
    writing.verifier.update(bytes);
  } catch (error) {
    writing.damage = asFault(error, "image", "image-corrupt");
    return;
  }
  ota(`write ${bytes.byteLength} bytes`, () => writing.slot!.write(bytes));
};

/** @throws Fault "flash-failed": an offer for later, since flash that failed once may do well the next time */
const ota = <T>(action: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    const { message } = asFault(error, "flash", "flash-failed");
    throw new Fault(
      "flash",
      "flash-failed",
      `Could not ${action}: the SDK's ota says "${message}" and no more.`,
      error,
    );
  }
};
