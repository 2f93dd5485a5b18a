/*
 * In the place of the SDK's module `ota`, which is for ESP32 alone: what was asked of one object. What the module does to flash
 * is in test/support/sdk-ota.ts.
 */

export default class OTA {
  readonly calls: string[] = [];

  write(bytes: Uint8Array): void {
    this.calls.push(`write ${bytes.byteLength}`);
  }

  cancel(): void {
    this.calls.push("cancel");
  }

  complete(): void {
    this.calls.push("complete");
  }
}
