/*
 * ImageFormat: a way to send an image other than as it is. What is downloaded is decoded on its way to the slot.
 *
 * A few bytes of a file can stand for hundreds of kilobytes of image, so a decoder takes a piece and is worked off in slices.
 */

import type { Fault } from "../../modules/fault/fault.js";
import type { FileKind } from "../../modules/ota/file-kind.js";
import type { Slot } from "../../modules/platform/slots.js";
import type { ImageSink } from "./image-sink.js";

export interface DecoderOptions {
  /** The running image. */
  source: Slot;
  /** Of the slot that the image goes to, in bytes. */
  slotSize: number;
  /**
   * Called once, when the file has named the size of its image.
   * @param from bytes of the image that an earlier run has rebuilt
   */
  sink(toSize: number, from: number): ImageSink;
}

export interface ImageFormat {
  /** Of the files that it decodes. */
  readonly kind: FileKind;
  /** @param saved what `save` gave in an earlier run; the image then continues at `produced` @throws Fault when it is damaged */
  decoder(options: DecoderOptions, saved?: Uint8Array): ImageDecoder;
}

export interface ImageDecoder {
  /** Bytes of the image rebuilt and written. */
  readonly produced: number;
  /** Bytes of the file applied. */
  readonly consumed: number;
  /** Bytes of the image, when the file has named them. */
  readonly toSize: number | undefined;
  /** True when `save` is allowed and the slot holds exactly what it describes. */
  readonly safe: boolean;
  /** All that is needed to go on after a power cut, in one value of the store. */
  save(): Uint8Array;
  /** Takes bytes of the file, only when `drain` has said that it is done. */
  write(bytes: Uint8Array): void;
  /** @returns true when the bytes of the last `write` are applied */
  drain(): boolean;
  /** The file is complete. @param checksum of the file, lower-case hex, when the server gave one */
  finish(checksum: string | undefined): void;
  /** What a fault of the image that was rebuilt means. */
  explain(fault: Fault): Fault;
}
