/*
 * SequentialWriter: writes an image to the inactive slot from its first byte to its last, through a module such as the SDK's
 * `ota`, whose constructor opens the slot and which takes bytes in order.
 *
 * It is no SlotTarget: such a module takes no offset and cannot read back. So it cannot resume after a restart, repair a part
 * or apply a delta, and only esp_ota_end verifies the image in flash.
 *
 * The rules it guards: the slot is opened only after the image's head was accepted; an image whose bytes were wrong as they
 * passed never starts; before another image can start, the boot loader's data name the running image as the way back. The
 * trial after the restart is that of every image in a slot (src/update/trial.ts).
 */

import { asFault, Fault } from "../../../modules/fault/fault.js";
import { fileKind } from "../../../modules/ota/file-kind.js";
import { imageHeadSize, parseImageHead } from "../../../modules/ota/image.js";
import { ImageVerifier } from "../../../modules/ota/image-verifier.js";
import type { Update } from "../../client.js";
import { freeSlot, requireRoom } from "../../update/free-slot.js";
import type { FirmwareWriter, ImageContext } from "../firmware-writer/firmware-writer.js";

/** The SDK's OTA object (build/devices/esp32/modules/ota) with its slot open. Its functions throw Errors without an esp_err_t. */
export interface OpenSlot {
  /** Writes bytes, and erases each sector of 4 KB before. */
  write(bytes: Uint8Array): void;
  /** Calls esp_ota_end and ignores its result; nothing is activated. May be called again, also after a failed `complete`. */
  cancel(): void;
  /** Calls esp_ota_end and esp_ota_set_boot_partition; both verify the image in flash. */
  complete(): void;
}

/** The state of a writing, from `begin` on. */
interface Writing extends ImageContext {
  readonly update: Update;
  readonly verifier: ImageVerifier;
  /** The image's head, of which `held` bytes have arrived. */
  readonly head: Uint8Array;
  held: number;
  slot: OpenSlot | undefined;
  /**
   * The fault of the image's bytes, which `finish` throws. When the bytes were damaged on their way, the server's checksum says
   * so before `finish`, and the file is downloaded once more.
   */
  damage: Fault | undefined;
}

export abstract class SequentialWriter implements FirmwareWriter {
  readonly writesSlots = true;
  private _writing: Writing | undefined;

  /** Opens the inactive slot at its start. */
  protected abstract _open(): OpenSlot;

  /** Calls esp_ota_mark_app_valid_cancel_rollback. @returns its esp_err_t */
  protected abstract _markValid(): number;

  /** @throws Fault of `freeSlot`, and of stage "image": "image-too-large" */
  begin(size: number | undefined, update: Update, context: ImageContext): void {
    // A link that was closed during an update has left its slot open.
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

  /** @throws Fault of stage "image" for an image that is refused; "delta-unsupported", "flash-failed" */
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

  /** @throws Fault of stage "image" when the bytes are not a whole image; "flash-failed" */
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
   * Marks the image valid a second time, which changes nothing. Trial has already confirmed it through the platform's slots,
   * which check first that the running image is the one that starts next: ESP-IDF marks that one, whichever image runs.
   *
   * @throws Fault of stage "trial": "confirm-failed"
   */
  confirm(): void {
    const result = this._markValid();
    if (result === 0) return;
    throw new Fault("trial", "confirm-failed", `Could not confirm the image: esp_err_t 0x${result.toString(16)}.`);
  }

  /** Checks the head, which is complete or will get no more bytes, and opens the slot. */
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

/** Adds bytes to the head until it is complete. @returns how many bytes of `chunk` were added */
const hold = (writing: Writing, chunk: Uint8Array): number => {
  const { head, held } = writing;
  if (held === 0 && chunk.byteLength > 0 && fileKind(chunk) === "delta") {
    const text =
      "The file is a delta, which this device's writer cannot apply; switch deltas off for its product, or leave the writer out.";
    throw new Fault("image", "delta-unsupported", text);
  }
  const count = Math.min(head.byteLength - held, chunk.byteLength);
  head.set(chunk.subarray(0, count), held);
  writing.held += count;
  return count;
};

/** Verifies bytes and writes them; after a damage nothing more is written. */
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

/** @throws Fault of stage "flash": "flash-failed", after which the update is offered again later: flash that failed once may work next time */
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
