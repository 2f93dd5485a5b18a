/*
 * The SDK's module `ota` over the flash model: what build/devices/esp32/modules/ota/ota.c (8.2.3) makes of ESP-IDF's
 * esp_ota_ops.c (6.0) with flash encryption, in which order it reaches flash, and how little it says when it fails. Portable.
 */

import { isBootable } from "../../hosts/flash-model/boot-loader.js";
import { sectorSize } from "../../hosts/flash-model/flash.js";
import type { FlashSlots } from "../../hosts/flash-model/flash-slots.js";
import { type OpenSlot, SequentialWriter } from "../../src/features/ota-writer/sequential-writer.js";
import { crypto } from "./harness.js";
import { chipId } from "./update-scene.js";

const unit = 16;

/** What the SDK's module does when it is asked to, and all that it was asked. */
export class Sdk {
  /** "open", "cancel", "complete", and "confirm" by FFI, in order. */
  readonly calls: string[] = [];
  /** Bytes that `write` took. */
  written = 0;
  /** What fails, in the module's own words. */
  fails: "begin failed" | "write failed" | "end failed" | "can't change boot partition" | undefined;
  /** esp_err_t of the confirmation. */
  confirms = 0;
  readonly slots: () => FlashSlots;

  constructor(slots: () => FlashSlots) {
    this.slots = slots;
  }

  check(what: Sdk["fails"], good: boolean): void {
    if (!good || this.fails === what) throw new Error(what);
  }
}

export class SdkOta implements OpenSlot {
  readonly #sdk: Sdk;
  readonly #slots: FlashSlots;
  /** ota.c forgets it when it was cancelled or has ended well; ESP-IDF, however it ended. */
  #handle = true;
  #known = true;
  #wroteSize = 0;
  /** Less than one write unit. */
  #partial = new Uint8Array(0);

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
    this.#slots = sdk.slots();
    sdk.check("begin failed", this.#slots.trial !== "pending");
    sdk.calls.push("open");
    this.#slots.forgetInactive();
  }

  write(bytes: Uint8Array): void {
    const { inactive } = this.#slots;
    this.#sdk.check("write failed", this.#handle && this.#known);
    if (bytes.byteLength === 0) return;
    const first = Math.floor(this.#wroteSize / sectorSize);
    const last = Math.floor((this.#wroteSize + bytes.byteLength - 1) / sectorSize);
    const from = this.#wroteSize % sectorSize === 0 ? first : first + 1;
    this.#sdk.check("write failed", (last + 1) * sectorSize <= inactive.size);
    if (from <= last) inactive.erase(from * sectorSize, (last + 1 - from) * sectorSize);
    if (this.#wroteSize + this.#partial.byteLength === 0) this.#sdk.check("write failed", bytes[0] === 0xe9);
    const all = new Uint8Array(this.#partial.byteLength + bytes.byteLength);
    all.set(this.#partial);
    all.set(bytes, this.#partial.byteLength);
    const whole = all.byteLength - (all.byteLength % unit);
    if (whole > 0) inactive.write(this.#wroteSize, all.subarray(0, whole));
    this.#wroteSize += whole;
    this.#partial = all.slice(whole);
    this.#sdk.written += bytes.byteLength;
  }

  cancel(): void {
    this.#sdk.calls.push("cancel");
    if (this.#handle) this.#end();
    this.#handle = false;
  }

  complete(): void {
    this.#sdk.calls.push("complete");
    if (!this.#handle) throw new Error("bad state");
    const good = this.#end();
    this.#sdk.check("end failed", good);
    this.#handle = false;
    this.#sdk.check("can't change boot partition", true);
    this.#slots.setBootPartition();
  }

  /** esp_ota_end */
  #end(): boolean {
    if (!this.#known) return false;
    this.#known = false;
    if (this.#partial.byteLength > 0) {
      const padded = new Uint8Array(unit).fill(0xff);
      padded.set(this.#partial);
      this.#slots.inactive.write(this.#wroteSize, padded);
    }
    return isBootable(this.#slots.inactive, crypto, chipId);
  }
}

/** OtaWriter with the module in its place (src/features/ota-writer/ota-writer.ts). */
export class SdkWriter extends SequentialWriter {
  readonly #sdk: Sdk;

  constructor(sdk: Sdk) {
    super();
    this.#sdk = sdk;
  }

  protected override _open(): OpenSlot {
    return new SdkOta(this.#sdk);
  }

  protected override _markValid(): number {
    this.#sdk.calls.push("confirm");
    return this.#sdk.confirms;
  }
}
