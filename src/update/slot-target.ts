/*
 * SlotTarget: an update into the host's inactive slot, as an image or as a patch against the running one.
 *
 * The rules it guards: a download goes on only on top of bytes that a power cut has left where the record says; the
 * record is changed before flash below it is; and what is activated was verified as it lies in flash.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Host } from "../../modules/host/host.js";
import type { WritableSlot } from "../../modules/host/slots.js";
import { fileKind } from "../../modules/ota/file-kind.js";
import { parseImageHead } from "../../modules/ota/image.js";
import type { Log } from "../log.js";
import type { Trust } from "../trust.js";
import { headSize, ImageSink } from "./image-sink.js";
import { type Offer, partSize } from "./offer.js";
import { PatchApplier, sourceMismatch } from "./patch-applier.js";
import { type ProgressRecord, sameFile, type UpdateRecords } from "./records.js";
import { SlotCheck } from "./slot-check.js";
import type { UpdateTarget } from "./target.js";

/**
 * Bytes between two records of progress, a multiple of the erase block and a divisor of a part. A power cut costs at
 * most this and the block in work; a 1.4 MB image costs eleven records.
 */
export const recordInterval = 131072;

export class SlotTarget implements UpdateTarget {
  readonly #host: Host;
  readonly #log: Log;
  readonly #trust: Trust;
  readonly #records: UpdateRecords;
  #offer: Offer | undefined;
  #slot: WritableSlot | undefined;
  /** Bytes of the file taken. */
  #offset = 0;
  /** Where the download must end; undefined when the server did not say. */
  #end: number | undefined;
  /** Of the image when it was complete once; a repair of one part does not change it. */
  #imageSize: number | undefined;
  /** Bytes of the image that the record stands for. */
  #recorded = 0;
  #sink: ImageSink | undefined;
  #patch: PatchApplier | undefined;
  #check: SlotCheck | undefined;

  constructor(host: Host, log: Log, trust: Trust, records: UpdateRecords) {
    this.#host = host;
    this.#log = log;
    this.#trust = trust;
    this.#records = records;
  }

  begin(offer: Offer): number {
    const { slots } = this.#host;
    if (slots.inactive === undefined) {
      const text = "The partition table has no second application slot; flash the device once with one that has two.";
      throw new Fault("flash", "no-inactive-slot", text);
    }
    if (slots.trial === "pending") {
      throw new Fault(
        "trial",
        "trial-running",
        "The running image is still on trial; the update can follow its confirmation.",
      );
    }
    this.#offer = offer;
    this.#slot = slots.inactive;
    this.#check = undefined;
    const { progress } = this.#records;
    if (progress !== undefined && sameFile(progress, offer) && this.#continue(progress)) return this.#offset;
    return this.#restart();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#end !== undefined && this.#offset + bytes.byteLength > this.#end) {
      const text = `The download is longer than the ${this.#end} bytes that the server announced.`;
      throw new Fault("download", "size-mismatch", text);
    }
    if (this.#offset === 0 && this.#sink === undefined && bytes.byteLength > 0) this.#open(bytes[0]);
    this.#offset += bytes.byteLength;
    if (this.#patch !== undefined) {
      this.#patch.write(bytes);
      return this.drain();
    }
    const sink = this.#sink!;
    sink.write(bytes);
    if (sink.durable - this.#recorded >= recordInterval) this.#record(sink.durable);
    return true;
  }

  drain(): boolean {
    if (this.#patch === undefined) return true;
    const done = this.#patch.drain();
    const { safe, produced, consumed } = this.#patch;
    if (safe && produced - this.#recorded >= recordInterval) this.#record(consumed);
    return done;
  }

  rewind(from: number, to: number | undefined): number {
    this.#check = undefined;
    // A patch keeps no state of its earlier points but the last, which a damaged part may have spoilt.
    const partOnly = from > 0 || to !== undefined;
    if (!partOnly || this.#patch !== undefined || from % partSize !== 0) return this.#restart();
    this.#record(from > 0 ? from : undefined);
    this.#end = to ?? this.#offer!.size;
    this.#sink = new ImageSink(this.#slot!, this.#trust, this.#offer!, this.#end, from);
    this.#offset = from;
    return from;
  }

  verify(): boolean | { from: number; to: number } {
    try {
      this.#check ??= this.#complete();
      return this.#check.step();
    } catch (error) {
      const fault = asFault(error, "image", "image-corrupt");
      throw this.#patch !== undefined && fault.stage === "image" ? sourceMismatch(fault) : fault;
    }
  }

  activate(): void {
    this.#host.slots.activate();
  }

  abort(keep: boolean): void {
    this.#sink = undefined;
    this.#patch = undefined;
    this.#check = undefined;
    if (!keep) this.#records.clearDownload();
  }

  /** Goes on where an earlier run stopped. @returns false when what it left cannot be used */
  #continue(progress: ProgressRecord): boolean {
    const { offset, state } = progress;
    const slot = this.#slot!;
    const offer = this.#offer!;
    this.#sink = undefined;
    this.#patch = undefined;
    if (offset === 0) return false;
    try {
      if (state !== undefined) {
        const patch = this.#newPatch(state);
        if (patch.consumed !== offset) return false;
        this.#patch = patch;
        this.#recorded = patch.produced;
      } else {
        const head = new Uint8Array(headSize);
        slot.read(0, head);
        this.#trust.checkHead(parseImageHead(head), offer);
        // A record at the very end: there is nothing to write any more, only to verify.
        if (offset !== offer.size) this.#sink = new ImageSink(slot, this.#trust, offer, offer.size, offset);
        this.#recorded = offset;
      }
    } catch (error) {
      this.#log.warning(
        `What is left of an earlier download cannot be used: ${asFault(error, "image", "resume").message}`,
      );
      return false;
    }
    this.#offset = offset;
    this.#end = offer.size;
    this.#imageSize = undefined;
    return true;
  }

  /** @returns 0 */
  #restart(): number {
    this.#sink = undefined;
    this.#patch = undefined;
    this.#record(undefined);
    this.#offset = 0;
    this.#end = this.#offer!.size;
    this.#imageSize = undefined;
    return 0;
  }

  /** The first byte says what the file is; the update message does not. */
  #open(firstByte: number): void {
    const offer = this.#offer!;
    if (fileKind(firstByte) === "delta") this.#patch = this.#newPatch(undefined);
    else this.#sink = new ImageSink(this.#slot!, this.#trust, offer, offer.size);
  }

  #newPatch(saved: Uint8Array | undefined): PatchApplier {
    const slot = this.#slot!;
    const options = {
      source: this.#host.slots.running,
      slotSize: slot.size,
      sink: (toSize: number, from: number) => new ImageSink(slot, this.#trust, this.#offer!, toSize, from),
    };
    return new PatchApplier(options, saved);
  }

  /** Everything has been taken: what must lie in flash now. */
  #complete(): SlotCheck {
    const offer = this.#offer!;
    if (this.#end !== undefined && this.#offset !== this.#end) {
      const text = `The download ended after ${this.#offset} of ${this.#end} bytes.`;
      throw new Fault("download", "size-mismatch", text);
    }
    const { crypto } = this.#host;
    const slot = this.#slot!;
    if (this.#patch !== undefined) {
      this.#patch.finish(offer.checksum);
      return new SlotCheck({ crypto, slot, size: this.#patch.toSize ?? 0, checksum: undefined, parts: [] });
    }
    this.#sink?.finish();
    this.#imageSize ??= this.#offset;
    this.#record(this.#imageSize);
    return new SlotCheck({ crypto, slot, size: this.#imageSize, checksum: offer.checksum, parts: offer.parts });
  }

  /**
   * A store that fails costs the progress and not the update: what a record that is out of date leads to is found when
   * the slot is verified, and downloaded again.
   * @param offset of the file up to which nothing must be downloaded again; undefined: nothing is left
   */
  #record(offset: number | undefined): void {
    const { uuid, checksum, size } = this.#offer!;
    const state = this.#patch?.save();
    this.#recorded = offset === undefined ? 0 : (this.#patch?.produced ?? offset);
    try {
      this.#records.progress = offset === undefined ? undefined : { uuid, checksum, size, offset, state };
    } catch (error) {
      const { message } = asFault(error, "store", "store-failed");
      this.#log.warning(`How far the download is cannot be kept for a restart: ${message}`);
    }
  }
}
