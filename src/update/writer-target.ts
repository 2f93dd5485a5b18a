/*
 * WriterTarget: an update into an application's own FirmwareWriter. Knows nothing of images; what can be checked here is
 * the file's size and checksum, while its bytes pass. Nothing can be resumed after a restart.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Crypto, Digest } from "../../modules/host/crypto.js";
import { toHex } from "../../modules/text/hex.js";
import type { FirmwareWriter } from "../firmware-writer.js";
import type { Offer } from "./offer.js";
import type { UpdateTarget } from "./target.js";

export class WriterTarget implements UpdateTarget {
  readonly #writer: FirmwareWriter;
  readonly #crypto: Crypto;
  #offer: Offer | undefined;
  #digest: Digest | undefined;
  #offset = 0;

  constructor(writer: FirmwareWriter, crypto: Crypto) {
    this.#writer = writer;
    this.#crypto = crypto;
  }

  begin(offer: Offer): number {
    this.#offer = undefined;
    this.#digest = this.#crypto.digest("sha256");
    this.#offset = 0;
    this.#run(() => this.#writer.begin(offer.size, offer));
    // Only what was begun is ever aborted.
    this.#offer = offer;
    return 0;
  }

  write(bytes: Uint8Array): boolean {
    this.#offset += bytes.byteLength;
    const { size } = this.#offer!;
    if (size !== undefined && this.#offset > size) {
      throw new Fault(
        "download",
        "size-mismatch",
        `The download is longer than the ${size} bytes that the server announced.`,
      );
    }
    this.#digest!.update(bytes);
    this.#run(() => this.#writer.write(bytes));
    return true;
  }

  drain(): boolean {
    return true;
  }

  rewind(): number {
    const offer = this.#offer!;
    this.abort();
    return this.begin(offer);
  }

  verify(): boolean {
    const { size, checksum } = this.#offer!;
    if (size !== undefined && this.#offset !== size) {
      throw new Fault("download", "size-mismatch", `The download ended after ${this.#offset} of ${size} bytes.`);
    }
    if (checksum !== undefined && toHex(this.#digest!.finish()) !== checksum) {
      throw new Fault("download", "checksum-mismatch", "The file is not the one that the server announced.");
    }
    return true;
  }

  activate(): void {
    this.#run(() => this.#writer.finish());
  }

  abort(): void {
    if (this.#offer === undefined) return;
    this.#offer = undefined;
    this.#run(() => this.#writer.abort());
  }

  #run(body: () => void): void {
    try {
      body();
    } catch (error) {
      throw asFault(error, "application", "writer-refused");
    }
  }
}
