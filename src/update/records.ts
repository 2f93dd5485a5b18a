/*
 * What an update leaves in the store, so that it survives a restart: how far it is, where it comes from, and which image
 * is on trial. Every record is bound to the firmware it is about; a record that does not decode is no record.
 *
 * JSON with names of our own, behind it raw bytes where a record has them (the state of a patch decoder).
 */

import { parseJson } from "../../modules/json/parse.js";
import type { Store } from "../../modules/platform/store.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";

/** Which file: a delta and the full image of one firmware carry the same uuid, so the checksum belongs to it. */
export interface FileIdentity {
  readonly uuid: string;
  readonly checksum: string | undefined;
  readonly size: number | undefined;
}

export const sameFile = (a: FileIdentity, b: FileIdentity): boolean => {
  return a.uuid === b.uuid && a.checksum === b.checksum && a.size === b.size;
};

/** How far a download is. What lies below `offset` is in flash, or in `state`. */
export interface ProgressRecord extends FileIdentity {
  /** Bytes of the file at the URL. */
  readonly offset: number;
  /** Of a patch: the decoder's saved state. */
  readonly state: Uint8Array | undefined;
}

/** The running download's source, to go on after a restart without a new offer (which costs one of three attempts). */
export interface SourceRecord extends FileIdentity {
  readonly url: string;
  readonly parts: readonly string[];
  readonly version: string;
  readonly product: string;
  readonly manual: boolean;
  /** Restarts that have used it; bounded, so that a device cannot hang on to a dead URL. */
  readonly uses: number;
}

/** The image that was activated last and has not been confirmed. */
export interface TrialRecord {
  readonly uuid: string;
  readonly version: string;
  /** Starts of it so far; 0 means that it never ran. */
  readonly boots: number;
  /** Why the trial is not over, as a sentence; the last thing a hanging image leaves behind. */
  readonly lastError: string;
}

/** What is remembered of firmware that did not stay. */
export interface RevertRecord {
  readonly uuid: string;
  readonly reverts: number;
  /** Times it was put off since. */
  readonly deferred: number;
  readonly reason: string;
}

const keys = Object.freeze({
  progress: "upd-progress",
  source: "upd-source",
  trial: "upd-trial",
  reverted: "upd-reverted",
});

/** Every name above; XS parses with this list. */
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

  private _read(key: string): { value: Record<string, unknown>; rest: Uint8Array } | undefined {
    const bytes = this._store.get(key);
    if (bytes === undefined || bytes.byteLength < 2) return undefined;
    const length = (bytes[0] << 8) | bytes[1];
    try {
      const value = parseJson(decodeUtf8(bytes.subarray(2, 2 + length)), names);
      if (typeof value !== "object" || value === null) return undefined;
      return { value: value as Record<string, unknown>, rest: bytes.slice(2 + length) };
    } catch {
      // Written by another version of this agent, perhaps: the store's own checksum was right, so it is not damage.
      return undefined;
    }
  }
}
