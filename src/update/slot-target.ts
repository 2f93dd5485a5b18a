/*
 * SlotTarget: writes an update to the platform's inactive slot, either a whole image or a file of an ImageFormat.
 *
 * The rules it guards: a download resumes only after bytes that are in flash as the ProgressRecord says; the record is changed
 * before the flash that it covers; an image is activated only after it was verified in flash.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { fileKind } from "../../modules/ota/file-kind.js";
import { parseImageHead } from "../../modules/ota/image.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { WritableSlot } from "../../modules/platform/slots.js";
import type { Log } from "../log/log.js";
import { freeSlot, requireRoom } from "./free-slot.js";
import type { ImageDecoder, ImageFormat } from "./image-format.js";
import { headSize, ImageSink } from "./image-sink.js";
import { type OfferedFile, partSize } from "./offer.js";
import { type ProgressRecord, sameFile, type UpdateRecords } from "./records.js";
import { SlotCheck } from "./slot-check.js";
import type { UpdateTarget } from "./target.js";
import type { Trust } from "./trust.js";

/**
 * Bytes of image between two ProgressRecords: a multiple of the erase block and a divisor of a part. A power cut costs at most
 * this and the block being written; a 1.4 MB image costs eleven records.
 */
export const recordInterval = 131072;

export class SlotTarget implements UpdateTarget {
  private readonly _platform: Platform;
  private readonly _log: Log;
  private readonly _trust: Trust;
  private readonly _records: UpdateRecords;
  private readonly _formats: readonly ImageFormat[];
  private _offer: OfferedFile | undefined;
  private _slot: WritableSlot | undefined;
  /** Bytes of the file that were taken. */
  private _offset = 0;
  /** Bytes of the complete image; undefined before it was complete. The repair of a part does not change it. */
  private _imageSize: number | undefined;
  /** Bytes of the image that the ProgressRecord covers. */
  private _recorded = 0;
  private _sink: ImageSink | undefined;
  private _patch: ImageDecoder | undefined;
  private _check: SlotCheck | undefined;

  constructor(platform: Platform, log: Log, trust: Trust, records: UpdateRecords, formats: readonly ImageFormat[]) {
    this._platform = platform;
    this._log = log;
    this._trust = trust;
    this._records = records;
    this._formats = formats;
  }

  get position(): number {
    return this._offset;
  }

  begin(offer: OfferedFile): void {
    const slot = freeSlot(this._platform.slots);
    this._offer = offer;
    this._slot = slot;
    this._check = undefined;
    if (offer.size !== undefined) requireRoom(slot, offer.size);
    const { progress } = this._records;
    if (progress !== undefined && sameFile(progress, offer) && this._continue(progress)) return;
    this._restart();
  }

  begins(bytes: Uint8Array): void {
    fileKind(bytes);
  }

  write(bytes: Uint8Array): boolean {
    if (this._offset === 0 && this._sink === undefined && bytes.byteLength > 0) this._open(bytes);
    this._offset += bytes.byteLength;
    if (this._patch !== undefined) {
      this._patch.write(bytes);
      return this.drain();
    }
    const sink = this._sink!;
    sink.write(bytes);
    if (sink.durable - this._recorded >= recordInterval) this._record(sink.durable);
    return true;
  }

  drain(): boolean {
    if (this._patch === undefined) return true;
    const done = this._patch.drain();
    const { safe, produced, consumed } = this._patch;
    if (safe && produced - this._recorded >= recordInterval) this._record(consumed);
    return done;
  }

  rewind(from: number, to: number | undefined): void {
    this._check = undefined;
    // A patch keeps only its last saved state, and a damaged part may have spoilt that.
    const partOnly = from > 0 || to !== undefined;
    if (!partOnly || this._patch !== undefined || from % partSize !== 0) {
      this._restart();
      return;
    }
    this._record(from > 0 ? from : undefined);
    this._sink = new ImageSink(this._slot!, this._trust, this._offer!, to ?? this._offer!.size, from);
    this._offset = from;
  }

  verify(): boolean | { from: number; to: number } {
    try {
      this._check ??= this._complete();
      return this._check.step();
    } catch (error) {
      const fault = asFault(error, "image", "image-corrupt");
      throw this._patch !== undefined && fault.stage === "image" ? this._patch.explain(fault) : fault;
    }
  }

  activate(): void {
    this._platform.slots.activate();
  }

  abort(keep: boolean): void {
    this._sink = undefined;
    this._patch = undefined;
    this._check = undefined;
    if (!keep) this._records.clearDownload();
  }

  /** Resumes where an earlier run stopped. @returns false when the slot's content cannot be used */
  private _continue(progress: ProgressRecord): boolean {
    const { offset, state } = progress;
    const slot = this._slot!;
    const offer = this._offer!;
    this._sink = undefined;
    this._patch = undefined;
    if (offset === 0) return false;
    try {
      if (state !== undefined) {
        const patch = this._newPatch(state);
        if (patch.consumed !== offset) return false;
        this._patch = patch;
        this._recorded = patch.produced;
      } else {
        const head = new Uint8Array(headSize);
        slot.read(0, head);
        this._trust.checkHead(parseImageHead(head), offer);
        // A record at the end of the file: nothing is left to write, only to verify.
        if (offset !== offer.size) this._sink = new ImageSink(slot, this._trust, offer, offer.size, offset);
        this._recorded = offset;
      }
    } catch (error) {
      this._log.warning(
        `What is left of an earlier download cannot be used: ${asFault(error, "image", "resume").message}`,
      );
      return false;
    }
    this._offset = offset;
    this._imageSize = undefined;
    return true;
  }

  private _restart(): void {
    this._sink = undefined;
    this._patch = undefined;
    this._record(undefined);
    this._offset = 0;
    this._imageSize = undefined;
  }

  /** Makes the decoder or the sink. The file's first bytes tell its kind; the server's `update` message does not. */
  private _open(bytes: Uint8Array): void {
    const offer = this._offer!;
    if (fileKind(bytes) === "delta") this._patch = this._newPatch(undefined);
    else this._sink = new ImageSink(this._slot!, this._trust, offer, offer.size);
  }

  private _newPatch(saved: Uint8Array | undefined): ImageDecoder {
    const format = this._formats.find(({ kind }) => kind === "delta");
    if (format === undefined) {
      const text =
        "The server sent a delta, and this firmware takes whole images only: switch deltas off in the deployment group, or build the firmware with the feature delta.";
      throw new Fault("offer", "delta-not-taken", text);
    }
    const slot = this._slot!;
    const options = {
      source: this._platform.slots.running,
      slotSize: slot.size,
      sink: (toSize: number, from: number) => new ImageSink(slot, this._trust, this._offer!, toSize, from),
    };
    return format.decoder(options, saved);
  }

  /** The file is complete: finishes writing, and makes the check of the slot. */
  private _complete(): SlotCheck {
    const offer = this._offer!;
    const { crypto } = this._platform;
    const slot = this._slot!;
    if (this._patch !== undefined) {
      this._patch.finish(offer.checksum);
      return new SlotCheck({ crypto, slot, size: this._patch.toSize ?? 0, checksum: undefined, parts: [] });
    }
    this._sink?.finish();
    this._imageSize ??= this._offset;
    this._record(this._imageSize);
    return new SlotCheck({ crypto, slot, size: this._imageSize, checksum: offer.checksum, parts: offer.parts });
  }

  /**
   * Writes the ProgressRecord. A store that fails costs the progress, not the update: the verification of the slot finds the
   * bytes that an outdated record claims wrongly, and they are downloaded again.
   * @param offset offset in the file from which the download would resume; undefined: from the start, without a record
   */
  private _record(offset: number | undefined): void {
    const { uuid, checksum, size } = this._offer!;
    const state = this._patch?.save();
    this._recorded = offset === undefined ? 0 : (this._patch?.produced ?? offset);
    try {
      this._records.progress = offset === undefined ? undefined : { uuid, checksum, size, offset, state };
    } catch (error) {
      const { message } = asFault(error, "store", "store-failed");
      this._log.warning(`How far the download is cannot be kept for a restart: ${message}`);
    }
  }
}
