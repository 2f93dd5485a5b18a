/*
 * The one archive a desk may offer: any file, under a presigned URL that is good for an hour.
 */

import { randomUUID } from "node:crypto";
import type { Device } from "./device.js";
import type { Downloads } from "./downloads.js";
import { type ServedFile, servedFile } from "./firmware-library.js";
import type { Json, JsonObject } from "./json.js";

export interface ArchiveInfo {
  readonly version?: string;
  readonly description?: string;
  readonly platform?: string;
  readonly architecture?: string;
}

export class Archives {
  readonly #downloads: Downloads;
  readonly #product: string;
  #file: ServedFile | undefined;
  #event: JsonObject = {};
  #uuid = "";

  /** @param product of the hub: a device of another one gets nothing */
  constructor(downloads: Downloads, product: string) {
    this.#downloads = downloads;
    this.#product = product;
  }

  /** @param uploadedAtMs milliseconds since 1970 */
  set(bytes: Uint8Array, info: ArchiveInfo, uploadedAtMs: number): void {
    this.#file = servedFile(Buffer.from(bytes));
    this.#downloads.remove(this.#path);
    this.#uuid = randomUUID();
    this.#event = {
      size: bytes.length,
      uuid: this.#uuid,
      version: info.version ?? "1.0.0",
      description: info.description ?? "",
      platform: info.platform ?? "generic",
      architecture: info.architecture ?? "generic",
      uploaded_at: new Date(uploadedAtMs).toISOString().slice(0, 19),
    };
  }

  get #path(): string {
    return `/uploads/archives/${this.#uuid}.fw`;
  }

  /** @returns the `archive` event; undefined when there is no archive or the device may have none now */
  offerFor(device: Device, origin: string | undefined): Json | undefined {
    if (this.#file === undefined || origin === undefined) return undefined;
    if (device.firmware !== undefined && device.firmware.product !== this.#product) return undefined;
    if (device.updateMode === "off" || device.blockedUntil !== undefined) return undefined;
    this.#downloads.put(this.#path, { ...this.#file, contentType: "application/octet-stream" });
    return { ...this.#event, url: this.#downloads.signed(this.#path, origin) };
  }
}
