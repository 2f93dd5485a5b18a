/*
 * Ambient typings of the SDK's module `ota` (8.2.3), which has none. Each call throws an Error of a few words: an esp_err_t is
 * not in it.
 */

declare module "ota" {
  export default class OTA {
    /** Opens the inactive slot, for writing from its start (esp_ota_begin with OTA_WITH_SEQUENTIAL_WRITES). */
    constructor();
    write(bytes: ArrayBuffer | Uint8Array): void;
    cancel(): void;
    complete(): void;
  }
}
