/*
 * ImageFormat: a format of update files that are not the plain image, such as a delta. The file is decoded on its way to the
 * slot.
 *
 * A few bytes of a file can produce hundreds of kilobytes of image, so a decoder only takes bytes in `write` and decodes them
 * in slices in `drain`.
 */

import type { Fault } from "../../modules/fault/fault.js";
import type { FileKind } from "../../modules/ota/file-kind.js";
import type { Slot } from "../../modules/platform/slots.js";
import type { ImageSink } from "./image-sink.js";

export interface DecoderOptions {
  /** The running image. */
  source: Slot;
  /** Bytes of the slot that the image is written to. */
  slotSize: number;
  /**
   * Makes the sink of the image. Called once, when the file has told the size of its image.
   * @param toSize bytes of the image
   * @param from bytes of the image that an earlier run has written
   */
  sink(toSize: number, from: number): ImageSink;
}

export interface ImageFormat {
  /** The kind of files that it decodes. */
  readonly kind: FileKind;
  /** @param saved result of `save` in an earlier run; the image then continues at `produced` @throws Fault when it is damaged */
  decoder(options: DecoderOptions, saved?: Uint8Array): ImageDecoder;
}

export interface ImageDecoder {
  /** Bytes of the image that are decoded and written. */
  readonly produced: number;
  /** Bytes of the file that are decoded. */
  readonly consumed: number;
  /** Bytes of the whole image; undefined until the file has told them. */
  readonly toSize: number | undefined;
  /** True when `save` may be called and the slot holds exactly `produced` bytes. */
  readonly safe: boolean;
  /** The state to resume from after a power cut; it fits one value of the store. */
  save(): Uint8Array;
  /** Takes bytes of the file; allowed only after `drain` has returned true. */
  write(bytes: Uint8Array): void;
  /** Decodes one slice. @returns true when all bytes of the last `write` are decoded */
  drain(): boolean;
  /** The file is complete. @param checksum SHA-256 of the file, lower-case hex, when the server gave one @throws Fault */
  finish(checksum: string | undefined): void;
  /** Explains a fault of the decoded image by its format. */
  explain(fault: Fault): Fault;
}
