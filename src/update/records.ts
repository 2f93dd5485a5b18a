/*
 * UpdateRecords: the records that an update keeps in the store over a restart: its progress, its source, the image on trial,
 * the firmware that was reverted. Every record names its firmware; a record that cannot be decoded counts as absent.
 *
 * A record is JSON with our own property names, followed by raw bytes where it has them (the state of a patch decoder).
 */

import { isObject } from "../../modules/json/fields.js";
import { parseJson } from "../../modules/json/parse.js";
import type { Store } from "../../modules/platform/store.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";

/** The identity of a file. A delta and the full image of one firmware have the same uuid, so the checksum is part of it. */
export interface FileIdentity {
  readonly uuid: string;
  readonly checksum: string | undefined;
  readonly size: number | undefined;
}

export const sameFile = (a: FileIdentity, b: FileIdentity): boolean => {
  return a.uuid === b.uuid && a.checksum === b.checksum && a.size === b.size;
};

/** The progress of a download. The bytes before `offset` are in flash, or in `state`. */
export interface ProgressRecord extends FileIdentity {
  /** Offset in the file at the URL. */
  readonly offset: number;
  /** The saved state of a patch's decoder; undefined for a whole image. */
  readonly state: Uint8Array | undefined;
}

/** The source of the running download, to resume after a restart without a new offer, which costs one of three attempts. */
export interface SourceRecord extends FileIdentity {
  readonly url: string;
  readonly parts: readonly string[];
  readonly version: string;
  readonly product: string;
  readonly manual: boolean;
  /** Restarts that have used this record; bounded, so that a device does not keep a dead URL. */
  readonly uses: number;
}

/** The image that was activated last and has not been confirmed. */
export interface TrialRecord {
  readonly uuid: string;
  readonly version: string;
  /** Starts of the image so far; 0 when it never ran. */
  readonly boots: number;
  /** Why the image is not confirmed yet, as a sentence. An image that hangs leaves it for the old image to report. */
  readonly lastError: string;
}

/** Firmware that was reverted. */
export interface RevertRecord {
  readonly uuid: string;
  readonly reverts: number;
  /** Times that an offer of this firmware was put off. */
  readonly deferred: number;
  readonly reason: string;
}

/** Bytes that must fit into the store before anything is downloaded: more than the record of a trial has. */
const neededBytes = 1024;

const keys = Object.freeze({
  probe: "upd-probe",
  progress: "upd-progress",
  source: "upd-source",
  trial: "upd-trial",
  reverted: "upd-reverted",
});

/** Property names of all records; parseJson takes no others. */
const names = Object.freeze([
  "uuid",
  "checksum",
  "size",
  "offset",
  "url",
  "parts",
  "version",
  "product",
  "manual",
  "uses",
  "boots",
  "lastError",
  "reverts",
  "deferred",
  "reason",
]);

const isNaturalNumber = (value: unknown): value is number => {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
};

export class UpdateRecords {
  private readonly _store: Store;

  constructor(store: Store) {
    this._store = store;
  }

  get progress(): ProgressRecord | undefined {
    const read = this._read(keys.progress);
    if (read === undefined || typeof read.value["uuid"] !== "string" || !isNaturalNumber(read.value["offset"]))
      return undefined;
    const state = read.rest.byteLength > 0 ? read.rest : undefined;
    return { ...(read.value as unknown as ProgressRecord), state };
  }

  set progress(record: ProgressRecord | undefined) {
    if (record === undefined) this._store.delete(keys.progress);
    else this._write(keys.progress, { ...record, state: undefined }, record.state);
  }

  get source(): SourceRecord | undefined {
    const value = this._read(keys.source)?.value;
    if (typeof value?.["url"] !== "string" || typeof value["uuid"] !== "string" || !Array.isArray(value["parts"]))
      return undefined;
    return value as unknown as SourceRecord;
  }

  set source(record: SourceRecord | undefined) {
    if (record === undefined) this._store.delete(keys.source);
    else this._write(keys.source, record);
  }

  get trial(): TrialRecord | undefined {
    const value = this._read(keys.trial)?.value;
    if (typeof value?.["uuid"] !== "string" || !isNaturalNumber(value["boots"])) return undefined;
    return value as unknown as TrialRecord;
  }

  set trial(record: TrialRecord | undefined) {
    if (record === undefined) this._store.delete(keys.trial);
    else this._write(keys.trial, record);
  }

  get reverted(): RevertRecord | undefined {
    const value = this._read(keys.reverted)?.value;
    if (
      typeof value?.["uuid"] !== "string" ||
      !isNaturalNumber(value["reverts"]) ||
      !isNaturalNumber(value["deferred"])
    ) {
      return undefined;
    }
    return value as unknown as RevertRecord;
  }

  set reverted(record: RevertRecord | undefined) {
    if (record === undefined) this._store.delete(keys.reverted);
    else this._write(keys.reverted, record);
  }

  /**
   * Tries whether the store has room for what an update writes last, without which its image could not be activated.
   *
   * @throws what the store throws when it has none
   */
  requireRoom(): void {
    this._store.set(keys.probe, new Uint8Array(neededBytes));
    this._store.delete(keys.probe);
  }

  /** Forgets the download. */
  clearDownload(): void {
    this.progress = undefined;
    this.source = undefined;
  }

  private _write(key: string, value: object, rest?: Uint8Array): void {
    const text = encodeUtf8(JSON.stringify(value));
    const bytes = new Uint8Array(2 + text.byteLength + (rest?.byteLength ?? 0));
    bytes[0] = text.byteLength >> 8;
    bytes[1] = text.byteLength & 0xff;
    bytes.set(text, 2);
    if (rest !== undefined) bytes.set(rest, 2 + text.byteLength);
    this._store.set(key, bytes);
  }

  private _read(key: string): { value: Readonly<Record<string, unknown>>; rest: Uint8Array } | undefined {
    const bytes = this._store.get(key);
    if (bytes === undefined || bytes.byteLength < 2) return undefined;
    const length = (bytes[0] << 8) | bytes[1];
    try {
      const value = parseJson(decodeUtf8(bytes.subarray(2, 2 + length)), names);
      return isObject(value) ? { value, rest: bytes.slice(2 + length) } : undefined;
    } catch {
      // Another version of this agent may have written it. It is not damaged: the store's own checksum was right.
      return undefined;
    }
  }
}
